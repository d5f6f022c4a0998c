import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { peoplePerTopic } from '../aws/people.ts';
import type { Policy } from '../policy/policy.ts';

export interface PeopleTopicsProps {
  readonly policy: Policy;
  readonly key: IKey;
}

/** The topics through which people are told: each subscription is filtered on its person, one topic takes ninety people. */
export class PeopleTopics extends Construct {
  readonly arns: readonly string[];

  constructor(scope: Construct, id: string, props: PeopleTopicsProps) {
    super(scope, id);
    const count = Math.max(1, Math.ceil(props.policy.people.length / peoplePerTopic));
    this.arns = Array.from({ length: count }, (_, at) => {
      const topic = new Topic(this, `Topic${at + 1}`, {
        displayName: 'stopship',
        masterKey: props.key,
        enforceSSL: true,
      });
      return topic.topicArn;
    });
  }
}
