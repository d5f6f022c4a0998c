"""What an unmodified boto3 does with the embedded services; prints one JSON object of what it saw."""
import json
import sys
import time

import boto3
from botocore.exceptions import ClientError


def client(name):
    return boto3.client(
        name,
        endpoint_url=sys.argv[1],
        region_name="eu-west-1",
        aws_access_key_id="AKIABOTO",
        aws_secret_access_key="secret",
    )


def code(call, **arguments):
    try:
        call(**arguments)
        return None
    except ClientError as error:
        return error.response["Error"]["Code"]


pipeline = client("codepipeline")
sns = client("sns")
states = client("stepfunctions")
inspector = client("inspector2")
hub = client("securityhub")
events = client("events")

production = {"pipelineName": "checkout", "stageName": "Production", "transitionType": "Inbound"}
pipeline.disable_stage_transition(**production, reason="a flaw - stopship")
execution = pipeline.start_pipeline_execution(
    name="checkout", variables=[{"name": "AUTHOR_EMAIL", "value": "dee@example.com"}]
)["pipelineExecutionId"]


def stage():
    found = pipeline.get_pipeline_state(name="checkout")["stageStates"]
    return next(one for one in found if one["stageName"] == "Production")


def eventually(look):
    for _ in range(2000):
        if look():
            return
        time.sleep(0.005)
    raise TimeoutError


eventually(lambda: stage().get("inboundExecution"))
halted = stage()
pipeline.enable_stage_transition(**production)
eventually(lambda: stage().get("latestExecution", {}).get("status") == "Succeeded")

topic = sns.create_topic(Name="briefs")["TopicArn"]
for person in ("ana", "rui"):
    sns.subscribe(
        TopicArn=topic,
        Protocol="email",
        Endpoint=f"{person}@example.com",
        Attributes={"FilterPolicy": json.dumps({"person": [person]})},
    )
for person in ("ana", "rui", "ana"):
    sns.publish(
        TopicArn=topic,
        Subject="HALTED",
        Message=json.dumps({"default": "-", "email": f"for {person} <&>"}),
        MessageStructure="json",
        MessageAttributes={"person": {"DataType": "String", "StringValue": person}},
    )

machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:stopship"
started = states.start_execution(stateMachineArn=machine, name="h1-a1", input='{"holdId":"h1"}')
eventually(lambda: states.describe_execution(executionArn=started["executionArn"])["status"] == "SUCCEEDED")

put = events.put_events(Entries=[{"Source": "aws.inspector2", "DetailType": "x", "Detail": "{}"}])

print(
    json.dumps(
        {
            "waiting": halted["inboundExecution"]["pipelineExecutionId"] == execution,
            "reason": halted["inboundTransitionState"]["disabledReason"],
            "isDated": halted["inboundTransitionState"]["lastChangedAt"].year > 2020,
            "subscriptions": len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]),
            "output": states.describe_execution(executionArn=started["executionArn"])["output"],
            "failedEntries": put["FailedEntryCount"],
            "findings": inspector.list_findings()["findings"],
            "coverage": inspector.list_coverage()["coveredResources"],
            "hub": hub.get_findings()["Findings"],
            "identity": client("sts").get_caller_identity()["Arn"],
            "codes": [
                code(pipeline.get_pipeline, name="nope"),
                code(pipeline.disable_stage_transition, **{**production, "stageName": "Nope"}, reason="x"),
                code(pipeline.disable_stage_transition, **production, reason="a:b"),
                code(sns.publish, TopicArn=topic + "x", Message="m"),
                code(sns.publish, TopicArn=topic, Message="m", Subject="a\nb"),
                code(states.start_execution, stateMachineArn=machine, name="h1-a1", input="{}"),
                code(states.send_task_success, taskToken="no", output="{}"),
            ],
        }
    )
)
