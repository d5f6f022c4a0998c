/**
 * What each sample holds, one line a reading, checked by eye against the sample when it was written. Columns: dialect, kind
 * and state · label and score · vulnerability · vectors "v" adjusted ones · packages, file or ports · resources · EPSS,
 * exploit and fix · when it was changed.
 */
export const expectedReadings: { readonly [sample: string]: readonly string[] } = {
  'inspector2/defectdojo-many_vul.json': [
    'inspector2 package closed | medium 5.5 | CVE-2021-3744 | 2v1 | linux | arn:aws:ecr:us-east-1:012345678901:repository/my-awesome-docker-image/sha256:d667ad018b538adadb5bd1db75836c8561b23bc7d31d9cd8941fa74f5df93802 | 0.00075 no-exploit available | 2024-06-14T02:03:53.051Z',
    'inspector2 package open | ? ? | CVE-2024-37021 | 0v0 | linux | arn:aws:ecr:us-east-1:012345678901:repository/my-awesome-docker-image/sha256:d667ad018b538adadb5bd1db75836c8561b23bc7d31d9cd8941fa74f5df93802 | 0.00045 no-exploit none | 2024-06-26T22:56:32.023Z',
    'inspector2 package open | high 7 | CVE-2021-3640 | 2v1 | linux | arn:aws:ecr:us-east-1:012345678901:repository/my-awesome-docker-image/sha256:d667ad018b538adadb5bd1db75836c8561b23bc7d31d9cd8941fa74f5df93802 | 0.00042 no-exploit available | 2024-06-14T02:03:53.051Z',
    'inspector2 package open | ? ? | CVE-2021-47013 | 0v0 | linux | arn:aws:ecr:us-east-1:012345678901:repository/my-awesome-docker-image/sha256:d667ad018b538adadb5bd1db75836c8561b23bc7d31d9cd8941fa74f5df93802 | 0.00044 no-exploit available | 2024-06-14T02:03:53.051Z',
    'inspector2 package open | medium 6.5 | CVE-2022-29824 | 2v1 | libxml2 libxml2 | arn:aws:ecr:us-east-1:012345678901:repository/my-awesome-docker-image/sha256:d667ad018b538adadb5bd1db75836c8561b23bc7d31d9cd8941fa74f5df93802 | 0.0015 no-exploit available | 2024-02-02T15:30:33.045Z',
    'inspector2 package open | high 7.8 | CVE-2023-42753 | 2v1 | linux | arn:aws:ecr:us-east-1:012345678901:repository/my-awesome-docker-image/sha256:d667ad018b538adadb5bd1db75836c8561b23bc7d31d9cd8941fa74f5df93802 | 0.00044 exploit available | 2024-07-31T15:59:32.000Z',
    'inspector2 package open | medium 4.7 | CVE-2020-27170 | 2v1 | linux | arn:aws:ecr:us-east-1:012345678901:repository/my-awesome-docker-image/sha256:d667ad018b538adadb5bd1db75836c8561b23bc7d31d9cd8941fa74f5df93802 | 0.00047 exploit available | 2024-07-31T15:59:32.000Z',
    'inspector2 package open | low ? | CVE-2015-8035 | 1v0 | libxml2 libxml2-python | arn:aws:ec2:us-east-1:012345678901:instance/i-0b22a22eec53b9321 | 0.0097 no-exploit available | 2024-03-19T14:31:08.006Z',
  ],
  'inspector2/defectdojo-one_vul.json': [
    'inspector2 package open | medium 5.5 | CVE-2021-3744 | 2v1 | linux | arn:aws:ecr:us-east-1:012345678901:repository/my-awesome-docker-image/sha256:c667ad018b538adadb5bd1db75836c8561b23bc7d31d9cd8941fa74f5df93802 | 0.00075 no-exploit available | 2024-06-14T02:03:53.051Z',
  ],
  'inspector2/defectdojo-package_vuln_metadata.json': [
    'inspector2 package open | high 7.5 | CVE-2025-58187 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789014:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00013 no-exploit available | 2026-03-13T21:38:57.161Z',
    'inspector2 package open | medium 5.3 | CVE-2024-47081 | 2v1 | requests requests | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00154 no-exploit available | 2026-03-07T22:40:17.655Z',
    'inspector2 package open | high 7.5 | CVE-2025-61726 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00032 no-exploit available | 2026-03-07T22:40:17.700Z',
    'inspector2 package open | high 7.5 | CVE-2025-68156 | 2v1 | github.com/expr-lang/expr | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00085 no-exploit available | 2026-03-07T22:40:17.764Z',
    'inspector2 package open | medium 5.3 | CVE-2025-47912 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00023 no-exploit available | 2026-03-13T21:38:57.160Z',
    'inspector2 package open | high 7.5 | CVE-2025-61729 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00017 no-exploit available | 2026-02-18T12:40:45.341Z',
    'inspector2 package open | medium 5.3 | CVE-2025-61730 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00007 no-exploit available | 2026-03-07T22:40:17.699Z',
    'inspector2 package open | high 7.5 | CVE-2025-58188 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00007 no-exploit available | 2026-03-13T21:38:57.161Z',
    'inspector2 package open | low 2.5 | CVE-2026-27139 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00005 no-exploit available | 2026-03-13T21:38:57.160Z',
    'inspector2 package open | medium 6.5 | CVE-2025-61728 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00022 no-exploit available | 2026-03-13T21:38:57.159Z',
    'inspector2 package open | high 7.5 | CVE-2026-25679 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00072 no-exploit available | 2026-03-13T21:38:57.160Z',
    'inspector2 package open | high 7 | CVE-2026-24051 | 2v1 | go.opentelemetry.io/otel/sdk | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00007 no-exploit available | 2026-03-07T22:40:17.764Z',
    'inspector2 package open | medium 5.3 | CVE-2025-58186 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00029 no-exploit available | 2026-03-13T21:38:57.161Z',
    'inspector2 package open | medium 5.3 | CVE-2025-58185 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00024 no-exploit available | 2026-03-13T21:38:57.161Z',
    'inspector2 package open | high 7.5 | CVE-2026-27142 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00061 no-exploit available | 2026-03-13T21:38:57.161Z',
    'inspector2 package open | critical 10 | CVE-2025-68121 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.0001 no-exploit available | 2026-03-13T21:38:57.160Z',
    'inspector2 package open | high ? | CVE-2026-32274 | 1v0 | black | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | ? exploit available | 2026-03-13T21:38:57.193Z',
    'inspector2 package open | medium 6.5 | CVE-2025-47906 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00028 no-exploit available | 2026-03-07T22:40:17.699Z',
    'inspector2 code open | high ? | python/log-injection@v1.0 | 0v0 | src/project_api/service/api_client.py | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | ? ? ? | 2026-02-18T12:41:11.095Z',
    'inspector2 package open | medium 6.5 | CVE-2026-26007 | 3v1 | cryptography cryptography | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00007 no-exploit available | 2026-03-13T21:38:57.193Z',
    'inspector2 package open | medium 6.3 | CVE-2024-12797 | 2v1 | cryptography cryptography | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00869 no-exploit available | 2026-03-13T21:38:57.193Z',
    'inspector2 package open | medium 6.5 | CVE-2025-61727 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00011 no-exploit available | 2026-03-07T22:40:17.698Z',
    'inspector2 package open | medium 5.3 | CVE-2025-58189 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00009 no-exploit available | 2026-03-13T21:38:57.161Z',
    'inspector2 package open | high 7.5 | CVE-2025-61723 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00028 no-exploit available | 2026-03-13T21:38:57.161Z',
    'inspector2 package open | medium 5.3 | CVE-2025-61724 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00016 no-exploit available | 2026-03-13T21:38:57.161Z',
    'inspector2 package open | medium 4.3 | CVE-2025-58183 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00013 no-exploit available | 2026-03-13T21:38:57.161Z',
    'inspector2 package open | high 7 | CVE-2025-47907 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00012 no-exploit available | 2026-03-07T22:40:17.699Z',
    'inspector2 package open | high 7.5 | CVE-2025-61725 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.0003 no-exploit available | 2026-03-13T21:38:57.161Z',
  ],
  'inspector2/defectdojo-package_vuln_metadata_multi_cwe_fabricated.json': [
    'inspector2 code open | high ? | python/log-injection@v1.0 | 0v0 | src/project_api/service/api_client.py | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | ? ? ? | 2026-02-18T12:41:11.095Z',
    'inspector2 package open | high 7.5 | CVE-2025-58187 | 2v1 | go/stdlib | arn:aws:lambda:us-west-2:123456789014:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00013 no-exploit available | 2026-03-13T21:38:57.161Z',
    'inspector2 package open | medium 5.3 | CVE-2024-47081 | 2v1 | requests requests | arn:aws:lambda:us-west-2:123456789012:function:web-user-manager-api-stage-healthCheck-EXAMPLE1ABCD:$LATEST | 0.00154 no-exploit available | 2026-03-07T22:40:17.655Z',
  ],
  'inspector2/defectdojo-zero_vul.json': ['ignored: holds no finding'],
  'inspector2/fixinventory-list-findings-placeholders.json': [
    'inspector2 package suppressed | low 1.234 | foo | 2v1 | foo | i-1 | ? exploit none | 2024-10-14T18:00:11.000Z',
  ],
  'inspector2/inspector-guide-ec2-network-event.json': [
    'inspector2 network open | medium ? | ? | 0v0 | 22 | arn:aws:ec2:eu-central-1:123456789012:instance/i-12345678901234567 | ? ? ? | 2024-09-05T13:06:56.334Z',
  ],
  'inspector2/inspector-guide-ec2-package-event.json': [
    'inspector2 package closed | medium 4.8 | CVE-2024-29069 | 3v1 | snapd | arn:aws:ec2:eu-central-1:123456789012:instance/i-12345678901234567 | 0.00043 no-exploit available | 2024-09-04T17:00:36.951Z',
  ],
  'inspector2/inspector-guide-ecr-package-event.json': [
    'inspector2 package open | medium ? | CVE-2024-6119 | 0v0 | libssl3t64 openssl | arn:aws:ecr:eu-central-1:123456789012:repository/inspector2/sha256:84f507df33c6864d49c296fb734192696e4cb6f78166ac51ac8b9b118181085d | 0.00045 no-exploit available | 2024-09-04T16:55:38.411Z',
  ],
  'inspector2/inspector-guide-lambda-code-event.json': [
    'inspector2 code open | critical ? | python/hardcoded-credentials@v1.0 | 0v0 | lambda_function.py | arn:aws:lambda:eu-central-1:123456789012:function:VulnerableFunction:$LATEST | ? ? ? | 2024-09-04T16:51:01.869Z',
  ],
  'inspector2/inspector-guide-lambda-package-event.json': [
    'inspector2 package open | high 7.5 | CVE-2023-30861 | 2v1 | flask | arn:aws:lambda:eu-central-1:123456789012:function:VulnerableFunction:$LATEST | 0.00208 exploit available | 2024-09-04T16:50:37.627Z',
  ],
  'inspector2/report-tool-2024-01.json': [
    'inspector2 package open | critical 9.8 | CVE-2024-0001 | 1v1 | openssl | arn:aws:ec2:us-east-1:123456789012:instance/i-0a1b2c3d4e5f6g7h8 | ? ? available | 2024-01-01T10:30:00.000Z',
    'inspector2 package open | high 7.5 | CVE-2024-0002 | 1v1 | nginx | arn:aws:ec2:us-east-1:123456789012:instance/i-0a1b2c3d4e5f6g7h8 | ? ? available | 2024-01-01T10:30:00.000Z',
    'inspector2 package open | critical 9.1 | CVE-2024-0003 | 1v1 | apache2 | arn:aws:ec2:us-east-1:123456789012:instance/i-1b2c3d4e5f6g7h8i9 | ? ? available | 2024-01-01T10:30:00.000Z',
    'inspector2 package open | high 8.2 | CVE-2024-0004 | 1v1 | mysql-server | arn:aws:ec2:us-east-1:123456789012:instance/i-2c3d4e5f6g7h8i9j0 | ? ? available | 2024-01-01T10:30:00.000Z',
    'inspector2 package open | medium 5.8 | CVE-2024-0005 | 1v1 | postgresql | arn:aws:ec2:us-east-1:123456789012:instance/i-3d4e5f6g7h8i9j0k1 | ? ? available | 2024-01-01T10:30:00.000Z',
    'inspector2 package open | critical 9.5 | CVE-2024-0006 | 1v1 | nodejs | arn:aws:ec2:us-east-1:123456789012:instance/i-4e5f6g7h8i9j0k1l2 | ? ? available | 2024-01-01T11:15:00.000Z',
    'inspector2 package open | high 7.8 | CVE-2024-0007 | 1v1 | python3.8 | arn:aws:ec2:us-east-1:123456789012:instance/i-5f6g7h8i9j0k1l2m3 | ? ? available | 2024-01-01T11:45:00.000Z',
    'inspector2 package open | medium 6.1 | CVE-2024-0008 | 1v1 | redis-server | arn:aws:ec2:us-east-1:123456789012:instance/i-6g7h8i9j0k1l2m3n4 | ? ? available | 2024-01-01T12:15:00.000Z',
    'inspector2 package open | low 3.7 | CVE-2024-0009 | 1v1 | elasticsearch | arn:aws:ec2:us-east-1:123456789012:instance/i-7h8i9j0k1l2m3n4o5 | ? ? available | 2024-01-01T12:45:00.000Z',
    'inspector2 network open | high 7.2 | ? | 1v1 |  | arn:aws:ec2:us-east-1:123456789012:instance/i-8i9j0k1l2m3n4o5p6 | ? ? available | 2024-01-01T13:15:00.000Z',
    'inspector2 package open | critical 9.3 | CVE-2024-0010 | 1v1 | docker.io | arn:aws:ec2:us-east-1:123456789012:instance/i-9j0k1l2m3n4o5p6q7 | ? ? available | 2024-01-01T13:45:00.000Z',
    'inspector2 package open | critical 9.1 | CVE-2024-0011 | 1v1 | libc6 | arn:aws:ecr:us-east-1:123456789012:repository/webapp-frontend | ? ? available | 2024-01-01T10:30:00.000Z',
    'inspector2 package open | high 7.9 | CVE-2024-0012 | 1v1 | express | arn:aws:ecr:us-east-1:123456789012:repository/api-backend | ? ? available | 2024-01-01T10:30:00.000Z',
    'inspector2 package open | medium 5.4 | CVE-2024-0013 | 1v1 | postgresql-client-13 | arn:aws:ecr:us-east-1:123456789012:repository/postgres-db | ? ? available | 2024-01-01T11:00:00.000Z',
    'inspector2 package open | high 7.1 | CVE-2024-0014 | 1v1 | prometheus | arn:aws:ecr:us-east-1:123456789012:repository/monitoring-prometheus | ? ? available | 2024-01-01T12:00:00.000Z',
    'inspector2 package open | medium 6.3 | CVE-2024-0015 | 1v1 | nginx | arn:aws:ecr:us-east-1:123456789012:repository/nginx-proxy | ? ? available | 2024-01-01T13:00:00.000Z',
    'inspector2 package open | critical 8.9 | CVE-2024-0016 | 1v1 | react | arn:aws:ecs:us-east-1:123456789012:container-instance/frontend-cluster/12345678-1234-1234-1234-123456789012 | ? ? available | 2024-01-01T14:00:00.000Z',
    'inspector2 package open | high 7.6 | CVE-2024-0017 | 1v1 | express-session | arn:aws:ecs:us-east-1:123456789012:container-instance/backend-cluster/87654321-4321-4321-4321-876543210987 | ? ? available | 2024-01-01T15:00:00.000Z',
  ],
  'inspector2/report-tool-2024-02.json': [
    'inspector2 package open | high 7.5 | CVE-2024-0002 | 1v1 | nginx | arn:aws:ec2:us-east-1:123456789012:instance/i-0a1b2c3d4e5f6g7h8 | ? ? available | 2024-02-01T10:30:00.000Z',
    'inspector2 package open | critical 9.1 | CVE-2024-0003 | 1v1 | apache2 | arn:aws:ec2:us-east-1:123456789012:instance/i-1b2c3d4e5f6g7h8i9 | ? ? available | 2024-02-01T10:30:00.000Z',
    'inspector2 package open | high 8.2 | CVE-2024-0004 | 1v1 | mysql-server | arn:aws:ec2:us-east-1:123456789012:instance/i-2c3d4e5f6g7h8i9j0 | ? ? available | 2024-02-01T10:30:00.000Z',
    'inspector2 package open | medium 5.8 | CVE-2024-0005 | 1v1 | postgresql | arn:aws:ec2:us-east-1:123456789012:instance/i-3d4e5f6g7h8i9j0k1 | ? ? available | 2024-02-01T10:30:00.000Z',
    'inspector2 package open | high 7.8 | CVE-2024-0007 | 1v1 | python3.8 | arn:aws:ec2:us-east-1:123456789012:instance/i-5f6g7h8i9j0k1l2m3 | ? ? available | 2024-02-01T11:45:00.000Z',
    'inspector2 package open | medium 6.1 | CVE-2024-0008 | 1v1 | redis-server | arn:aws:ec2:us-east-1:123456789012:instance/i-6g7h8i9j0k1l2m3n4 | ? ? available | 2024-02-01T12:15:00.000Z',
    'inspector2 package open | low 3.7 | CVE-2024-0009 | 1v1 | elasticsearch | arn:aws:ec2:us-east-1:123456789012:instance/i-7h8i9j0k1l2m3n4o5 | ? ? available | 2024-02-01T12:45:00.000Z',
    'inspector2 network open | high 7.2 | ? | 1v1 |  | arn:aws:ec2:us-east-1:123456789012:instance/i-8i9j0k1l2m3n4o5p6 | ? ? available | 2024-02-01T13:15:00.000Z',
    'inspector2 package open | critical 9.3 | CVE-2024-0010 | 1v1 | docker.io | arn:aws:ec2:us-east-1:123456789012:instance/i-9j0k1l2m3n4o5p6q7 | ? ? available | 2024-02-01T13:45:00.000Z',
    'inspector2 package open | critical 9.1 | CVE-2024-0011 | 1v1 | libc6 | arn:aws:ecr:us-east-1:123456789012:repository/webapp-frontend | ? ? available | 2024-02-01T10:30:00.000Z',
    'inspector2 package open | high 7.9 | CVE-2024-0012 | 1v1 | express | arn:aws:ecr:us-east-1:123456789012:repository/api-backend | ? ? available | 2024-02-01T10:30:00.000Z',
    'inspector2 package open | medium 5.4 | CVE-2024-0013 | 1v1 | postgresql-client-13 | arn:aws:ecr:us-east-1:123456789012:repository/postgres-db | ? ? available | 2024-02-01T11:00:00.000Z',
    'inspector2 package open | high 7.1 | CVE-2024-0014 | 1v1 | prometheus | arn:aws:ecr:us-east-1:123456789012:repository/monitoring-prometheus | ? ? available | 2024-02-01T12:00:00.000Z',
    'inspector2 package open | medium 6.3 | CVE-2024-0015 | 1v1 | nginx | arn:aws:ecr:us-east-1:123456789012:repository/nginx-proxy | ? ? available | 2024-02-01T13:00:00.000Z',
    'inspector2 package open | critical 8.9 | CVE-2024-0016 | 1v1 | react | arn:aws:ecs:us-east-1:123456789012:container-instance/frontend-cluster/12345678-1234-1234-1234-123456789012 | ? ? available | 2024-02-01T14:00:00.000Z',
    'inspector2 package open | high 7.6 | CVE-2024-0017 | 1v1 | express-session | arn:aws:ecs:us-east-1:123456789012:container-instance/backend-cluster/87654321-4321-4321-4321-876543210987 | ? ? available | 2024-02-01T15:00:00.000Z',
    'inspector2 package open | high 7.4 | CVE-2024-0018 | 1v1 | linux-image-5.4.0 | arn:aws:ec2:us-east-1:123456789012:instance/i-0a1b2c3d4e5f6g7h8 | ? ? available | 2024-02-01T08:15:00.000Z',
  ],
  'inspector2/report-tool-2024-04.json': [
    'inspector2 package open | high 7.8 | CVE-2024-0007 | 1v1 | example-package | arn:aws:ec2:us-east-1:123456789012:instance/i-example123456789 | ? ? available | 2024-04-01T10:30:00.000Z',
    'inspector2 package open | low 3.7 | CVE-2024-0009 | 1v1 | example-package | arn:aws:ec2:us-east-1:123456789012:instance/i-example123456789 | ? ? available | 2024-04-01T10:30:00.000Z',
    'inspector2 package open | high 7.1 | CVE-2024-0014 | 1v1 | example-package | arn:aws:ec2:us-east-1:123456789012:instance/i-example123456789 | ? ? available | 2024-04-01T10:30:00.000Z',
    'inspector2 package open | high 7.4 | CVE-2024-0018 | 1v1 | example-package | arn:aws:ec2:us-east-1:123456789012:instance/i-example123456789 | ? ? available | 2024-04-01T10:30:00.000Z',
    'inspector2 package open | critical 9.2 | CVE-2024-0025 | 1v1 | example-package | arn:aws:ec2:us-east-1:123456789012:instance/i-example123456789 | ? ? available | 2024-04-01T10:30:00.000Z',
  ],
  'asff/asr-afsbp-ec2.7.json': [
    'asff posture open | informational ? | EC2.7 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2021-02-17T14:56:09.063Z',
  ],
  'asff/asr-cis-1.3.json': [
    'asff posture open | medium ? | arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/1.3 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2020-05-27T03:37:35.834Z',
  ],
  'asff/asr-cis-1.4.json': [
    'asff posture open | medium ? | arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/1.4 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2020-05-27T03:38:28.102Z',
  ],
  'asff/asr-cis_1-6-multi-select.json': [
    'asff posture open | medium ? | arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/1.6 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2020-06-02T16:00:52.989Z',
    'asff posture closed | informational ? | arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/1.6 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2020-06-02T15:36:24.745Z',
  ],
  'asff/asr-cis_1-6.json': [
    'asff posture closed | informational ? | arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/1.6 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2020-06-02T15:36:24.745Z',
  ],
  'asff/asr-cis_unsupversion.json': [
    'asff posture closed | informational ? | arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.7.0/rule/1.6 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2020-06-02T15:36:24.745Z',
  ],
  'asff/asr-custom-action-mismatch.json': [
    'asff posture open | high ? | CloudTrail.1 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2020-05-26T03:52:22.870Z',
  ],
  'asff/asr-playbook-afsbp-iam.6.json': [
    'asff posture open | critical ? | IAM.6 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2020-12-15T14:56:09.255Z',
    'asff posture open | medium ? | RDS.4 | 0v0 |  | arn:aws:rds:us-east-1:111111111111:cluster-snapshot:miotest-us-east-1c-final-snapshot | ? ? ? | 2020-12-15T14:56:06.285Z',
  ],
  'asff/asr-playbook-afsbp_ec22.json': [
    'asff posture open | medium ? | EC2.2 | 0v0 |  | arn:aws:ec2:us-east-1:111111111111:security-group/sg-ab1e739b | ? ? ? | 2020-10-29T06:24:48.687Z',
  ],
  'asff/asr-playbook-afsbp_rds6.json': [
    'asff posture open | low ? | RDS.6 | 0v0 |  | arn:aws:rds:eu-west-1:111111111111:db:database-1-instance-1 | ? ? ? | 2020-11-04T23:43:29.220Z',
  ],
  'asff/asr-sim-afsbp-rds.1-nodetails.json': [
    'asff posture open | informational ? | RDS.1 | 0v0 |  | arn:aws:rds:us-east-1:111122223333:dbclustersnapshot:rds:database-1-2021-10-27-04-10 | ? ? ? | 2021-10-29T03:49:22.440Z',
  ],
  'asff/asr-sim-cis28.json': [
    'asff posture open | medium ? | arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/2.8 | 0v0 |  | arn:aws:kms:us-east-1:111111111111:key/f35e785d-f706-4cfa-b573-50076cc90024 | ? ? ? | 2021-09-08T09:13:57.700Z',
  ],
  'asff/asr-sim-cis4142.json': [
    'asff posture open | high ? | arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1 | 0v0 |  | arn:aws:ec2:us-east-2:111111111111:security-group/sg-02cfbecbc814a3c24 | ? ? ? | 2020-06-17T11:56:59.073Z',
  ],
  'asff/asr-sim-cis43.json': [
    'asff posture open | medium ? | arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.3 | 0v0 |  | arn:aws:ec2:us-east-2:111111111111:security-group/sg-02cfbecbc814a3c24 | ? ? ? | 2020-06-17T11:56:58.088Z',
  ],
  'asff/asr-sim-pci-lambda.1.json': [
    'asff posture open | informational ? | PCI.Lambda.1 | 0v0 |  | arn:aws:lambda:us-east-1:111111111111:function:nv22061-OpsAutomator-Medium | ? ? ? | 2021-07-22T16:11:11.484Z',
  ],
  'asff/defectdojo-asff-guardduty.json': [
    'asff threat open | medium ? | TTPs/Persistence/Persistence:IAMUser-NetworkPermissions | 0v0 |  | arn:aws:ec2:eu-west-1:123456789012:instance/i-99999999 + AWS::IAM::AccessKey:GeneratedFindingAccessKeyId | ? ? ? | 2020-11-28T23:11:30.811Z',
  ],
  'asff/defectdojo-asff-many.json': [
    'asff package open | high 7.5 | CVE-2017-9735 | 2v0 | org.eclipse.jetty:jetty-server org.eclipse.jetty:jetty-util | arn:aws:ec2:eu-west-1:123456789123:instance/i-0asd2da21c8csd28s | ? exploit available | 2023-09-15T07:00:24.000Z',
    'asff package open | medium 5.3 | CVE-2019-10247 | 2v0 | org.eclipse.jetty:jetty-server | arn:aws:ec2:eu-west-1:123456789123:instance/i-0asd2da21c8csd28s | ? no-exploit available | 2023-09-15T07:00:24.000Z',
    'asff package open | medium 5.3 | CVE-2023-26048 | 1v0 | org.eclipse.jetty:jetty-server | arn:aws:ec2:eu-west-1:123456789123:instance/i-0asd2da21c8csd28s | ? exploit available | 2023-09-15T07:00:24.000Z',
    'asff package open | high 7.5 | CVE-2021-28165 | 2v0 | org.eclipse.jetty:jetty-io | arn:aws:ec2:eu-west-1:123456789123:instance/i-0asd2da21c8csd28s | ? exploit available | 2023-09-15T07:00:24.000Z',
    'asff package open | medium 5.3 | CVE-2023-26049 | 1v0 | org.eclipse.jetty:jetty-server org.eclipse.jetty:jetty-http | arn:aws:ec2:eu-west-1:123456789123:instance/i-0asd2da21c8csd28s | ? exploit available | 2023-09-15T07:00:24.000Z',
  ],
  'asff/defectdojo-asff-one.json': [
    'asff package open | high 7.5 | CVE-2017-9735 | 2v0 | org.eclipse.jetty:jetty-server org.eclipse.jetty:jetty-util | arn:aws:ec2:eu-west-1:123456789123:instance/i-0sdg8sa1k2l3j11m2 | ? exploit available | 2023-09-15T07:00:24.000Z',
  ],
  'asff/defectdojo-config_many_findings.json': [
    'asff posture closed | informational ? | IAM.5 | 0v0 |  | AWS::::Account:012345678912 | ? ? ? | 2020-06-14T21:02:53.454Z',
    'asff posture closed | informational ? | SSM.2 | 0v0 |  | AWS::::Account:012345678912 | ? ? ? | 2020-06-14T21:02:44.496Z',
    'asff posture closed | informational ? | ELBv2.1 | 0v0 |  | AWS::::Account:012345678912 | ? ? ? | 2020-06-14T21:02:32.493Z',
  ],
  'asff/defectdojo-config_multiple_resources.json': [
    'asff posture open | high ? | EC2.2 | 0v0 |  | arn:aws:ec2:us-east-1:012345678912:security-group/sg-0fff2222bbbb1111a + arn:aws:ec2:us-east-1:012345678912:security-group/sg-0aaa1111cccc2222b + arn:aws:ec2:us-east-1:012345678912:vpc/vpc-0bbb3333dddd4444c | ? ? ? | 2024-03-09T10:15:00.000Z',
    'asff posture open | medium ? | S3.8 | 0v0 |  | arn:aws:s3:::zeta-reports-bucket + arn:aws:s3:::alpha-artifacts-bucket | ? ? ? | 2024-03-09T10:15:00.000Z',
  ],
  'asff/defectdojo-config_one_finding.json': [
    'asff posture closed | informational ? | IAM.5 | 0v0 |  | AWS::::Account:012345678912 | ? ? ? | 2020-06-14T21:02:53.454Z',
  ],
  'asff/defectdojo-config_one_finding_active.json': [
    'asff posture open | medium ? | IAM.5 | 0v0 |  | AWS::::Account:012345678912 | ? ? ? | 2020-06-14T21:02:53.454Z',
  ],
  'asff/defectdojo-config_repeated_findings.json': [
    'asff posture closed | informational ? | IAM.5 | 0v0 |  | AWS::::Account:012345678912 | ? ? ? | 2020-06-14T21:02:53.454Z',
    'asff posture closed | informational ? | IAM.5 | 0v0 |  | AWS::::Account:012345678912 | ? ? ? | 2020-06-14T21:02:53.454Z',
  ],
  'asff/defectdojo-guardduty.json': [
    'asff threat open | medium ? | TTPs/Defense Evasion/DefenseEvasion:EC2-UnusualDNSResolver | 0v0 |  | arn:aws:ec2:us-east-1:123456789012:instance/i-1234567890 | ? ? ? | 2024-01-17T11:33:21.196Z',
    'asff threat open | medium ? | TTPs/Discovery/Recon:EC2-Portscan | 0v0 |  | arn:aws:ec2:us-east-1:123456789012:instance/i-1234567890 | ? ? ? | 2024-01-17T11:33:20.699Z',
    'asff threat open | low ? | TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce | 0v0 |  | arn:aws:ec2:us-east-1:123456789012:instance/i-1234567890 | ? ? ? | 2024-01-12T07:45:57.163Z',
    'asff threat open | low ? | TTPs/Discovery/IAMUser-AnomalousBehavior | 0v0 |  | AWS::IAM::AccessKey:123123123 | ? ? ? | 2023-12-12T13:17:27.087Z',
  ],
  'asff/defectdojo-inspector_ec2_cve.json': [
    'asff package open | critical 10 | CVE-2022-3643 | 1v0 | kernel | arn:aws:ec2:us-east-1:XXXXXXXXXXXX:instance/i-11111111111111111 | ? ? available | 2023-03-01T08:34:29.000Z',
    'asff package open | critical 10 | CVE-2022-3643 | 1v0 | kernel | arn:aws:ec2:us-east-1:111111111111:instance/i-11111111111111111 | ? ? available | 2023-03-01T08:06:17.000Z',
    'asff package open | critical 10 | CVE-2022-3643 | 1v0 | kernel | arn:aws:ec2:us-east-1:XXXXXXXXXXXX:instance/i-11111111111111111 | ? ? available | 2023-03-01T08:03:46.000Z',
    'asff package open | critical 10 | CVE-2022-3643 | 1v0 | kernel | arn:aws:ec2:us-east-1:XXXXXXXXXXXX:instance/i-11111111111111111 | ? ? available | 2023-03-01T07:32:14.000Z',
    'asff package open | critical 10 | CVE-2022-3643 | 1v0 | kernel | arn:aws:ec2:us-east-1:XXXXXXXXXXXX:instance/i-11111111111111111 | ? ? available | 2023-03-01T07:31:54.000Z',
  ],
  'asff/defectdojo-inspector_ec2_cve_no_vulnerabilities.json': [
    'asff package open | critical 10 | CVE-2022-3643 | 0v0 |  | arn:aws:ec2:us-east-1:XXXXXXXXXXXX:instance/i-11111111111111111 | ? ? ? | 2023-03-01T08:34:29.000Z',
  ],
  'asff/defectdojo-inspector_ec2_ghsa.json': [
    'asff package open | medium ? | GHSA-p98r-538v-jgw5 | 0v0 | kernel-5.15 | arn:aws:ec2:eu-central-1:012345678912:instance/i-07c11cc535d830123 | ? no-exploit available | 2023-09-07T17:20:26.000Z',
  ],
  'asff/defectdojo-inspector_ecr.json': [
    'asff package open | medium 6.5 | CVE-2023-2650 | 1v0 | openssl | arn:aws:ecr:eu-central-1:123456789012:repository/repo-os/sha256:af965ef68c78374a5f987fce98c0ddfa45801df2395bf012c50b863e65978d74 | 0.0014 no-exploit available | 2023-08-30T21:11:07.000Z',
    'asff package open | high 7.5 | CVE-2022-32149 | 1v0 | golang.org/x/text golang.org/x/text golang.org/x/text | arn:aws:ecr:eu-central-1:123456789012:repository/repo-gomod/sha256:a94c3dfd6c8ecb573a30fae7c18cf682de4b6c16f3c7250c107de1770db41220 | ? exploit available | 2023-08-30T21:11:47.000Z',
    'asff package open | high 7.5 | CVE-2022-25883 | 1v0 | semver | arn:aws:ecr:eu-central-1:123456789012:repository/repo-nodepkg/sha256:1e9cf640d33e8a4fca7cb8d7ddf952ef0a3cd54b9446567d44e638a6571385bd | ? exploit available | 2023-08-30T14:28:53.000Z',
    'asff package open | critical 9.8 | CVE-2023-37920 | 1v0 | certifi certifi certifi certifi | arn:aws:ecr:eu-central-1:123456789012:repository/repo-poetry/sha256:d0406162a81777e5fe3eb5835fec5d4436ca750a1e12e367474efc39cc62cfbf | ? no-exploit available | 2023-08-21T17:01:53.000Z',
    'asff package open | high 8.1 | CVE-2022-31163 | 1v0 | tzinfo | arn:aws:ecr:eu-central-1:123456789012:repository/repo-bundler/sha256:f15d536b44e9700b6d687947139cec8f7741ea4f796f807d4d909b68fb34c418 | ? no-exploit available | 2023-08-21T13:41:59.000Z',
    'asff package open | high 7.5 | CVE-2023-37788 | 1v0 | github.com/elazarl/goproxy | arn:aws:ecr:eu-central-1:123456789012:repository/repo-gobinary/sha256:6b48d92046b51a4761462e432d99724343006425dca0694b41634fd0b6ecce7c | ? exploit available | 2023-08-21T13:41:58.000Z',
    'asff package open | high 8.8 | CVE-2023-25194 | 1v0 | org.apache.kafka:kafka-clients | arn:aws:ecr:eu-central-1:123456789012:repository/repo-jar/sha256:856d54232d3e463b6aa99d3f951cac8bacb6deb95e5795c1440f4be4ad60cf63 | ? exploit available | 2023-08-21T13:06:22.000Z',
  ],
  'asff/defectdojo-issue_10956.json': [
    'asff package open | medium 5.1 | CVE-2024-1234 | 1v0 | aa | i-1234xxyy | 0.00239 ? available | 2024-09-18T05:16:44.106Z',
  ],
  'asff/defectdojo-missing_account_id.json': [
    'asff package open | medium 5.1 | CVE-2024-1234 | 1v0 | aa | i-1234xxyy | 0.00239 ? available | 2024-09-18T05:16:44.106Z',
  ],
  'asff/defectdojo-prowler.json': [
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture closed | low ? | prowler-accessanalyzer_enabled | 0v0 |  | arn:aws:access-analyzer:eu-west-1:123456789012:analyzer/ConsoleAnalyzer-3334742f-fcf5-444e-8b27-ff5650996b69 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled_without_findings | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled_without_findings | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled_without_findings | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled_without_findings | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled_without_findings | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled_without_findings | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled_without_findings | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
    'asff posture open | low ? | prowler-accessanalyzer_enabled_without_findings | 0v0 |  | 123456789012 | ? ? ? | 2023-03-18T15:43:31.000Z',
  ],
  'asff/jfrog-xray-license.json': [
    'asff package open | high ? | ? | 0v0 |  | 61ecc1d5362cac99c2bde12b97b8ca40a0cc1409b2dcb0cec732e35f3f69ef06 | ? ? ? | 2021-09-16T20:54:59.332Z',
  ],
  'asff/jfrog-xray-op_risk.json': [
    'asff package open | high ? | ? | 0v0 |  | 57da294976fb253ed71cdbe9bb715caa829c38a4455dc4319533316b4d63772e | ? ? ? | 2022-05-23T17:09:33.323Z',
  ],
  'asff/jfrog-xray-security.json': [
    'asff package open | high ? | CVE-2021-3483 | 0v0 | debian:buster:linux-libc-dev:4.19.132-1 debian:buster:linux-libc-dev:4.19.132-2 | 10fd87ba58132673ac65ee8c11a01510509f93846bdb5f20300ba5981aa75eb0 | ? ? ? | 2021-04-08T04:02:38.999Z',
    'asff package open | high ? | CVE-2021-3483 | 0v0 | debian:buster:linux-libc-dev:4.19.132-1 debian:buster:linux-libc-dev:4.19.132-1 | 10fd87ba58132673ac65ee8c11a01510509f93846bdb5f20300ba5981aa75eb1 | ? ? ? | 2021-04-08T04:02:38.999Z',
  ],
  'asff/ocsf-examples-guardduty.raw.json': [
    'asff threat open | low ? | TTPs/Defense Evasion/Stealth:IAMUser-CloudTrailLoggingDisabled | 0v0 |  | AWS::IAM::AccessKey:ASIAIOSFODNN7EXAMPLE | ? ? ? | 2023-09-19T15:05:22.487Z',
  ],
  'asff/ocsf-examples-inspector.raw.json': [
    'asff package open | medium 5.9 | CVE-2023-1255 | 1v0 | openssl | arn:aws:ecr:us-east-2:111111111111:repository/browserhostingstack-EXAMPLE-btb1o54yh1jr/sha256:e9e2afad74f4e80511a5cff33d3d989b9797a718425f27e549f5b1f862c058a8 | 0.00066 exploit available | 2024-01-26T22:19:14.000Z',
  ],
  'asff/ocsf-examples-pci.raw.json': [
    'asff posture open | medium ? | Config.1 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2023-07-21T18:11:53.060Z',
  ],
  'asff/ocsf-examples-rc2.raw.json': [
    'asff posture closed | informational ? | EC2.19 | 2v0 | openssl yaml | arn:aws:ec2:us-east-1:522536594833:security-group/sg-0daf160f08dfed499 | ? ? ? | 2022-08-04T18:09:19.100Z',
  ],
  'asff/sechub-guide-control-cis-1.2.json': [
    'asff posture open | medium ? | CloudTrail.2 | 0v0 |  | arn:aws:cloudtrail:us-east-2:123456789012:trail/AWSMacieTrail-DO-NOT-EDIT | ? ? ? | 2021-09-28T16:10:00.087Z',
  ],
  'asff/sechub-guide-control-cis-1.4.json': [
    'asff posture open | medium ? | CloudTrail.2 | 0v0 |  | arn:aws:cloudtrail:us-west-2:123456789012:trail/AWSMacieTrail-DO-NOT-EDIT | ? ? ? | 2022-12-22T22:24:52.409Z',
  ],
  'asff/sechub-guide-control-consolidated.json': [
    'asff posture open | medium ? | CloudTrail.2 | 0v0 |  | AWS::::Account:123456789012 | ? ? ? | 2022-11-17T01:25:30.296Z',
  ],
  'asff/sechub-guide-control-fsbp.json': [
    'asff posture open | medium ? | CloudTrail.2 | 0v0 |  | arn:aws:cloudtrail:us-east-2:123456789012:trail/AWSMacieTrail-DO-NOT-EDIT | ? ? ? | 2021-09-28T16:10:00.093Z',
  ],
  'asff/sechub-guide-control-pci.json': [
    'asff posture open | medium ? | CloudTrail.2 | 0v0 |  | arn:aws:cloudtrail:us-east-2:123456789012:trail/AWSMacieTrail-DO-NOT-EDIT | ? ? ? | 2021-09-28T16:10:00.090Z',
  ],
  'ocsf/defectdojo-prowler-aws.json': [
    'ocsf posture open | low ? | accessanalyzer_enabled | 0v0 |  | <resource_uid> | ? ? ? | 2025-02-14T14:27:03.913Z',
    'ocsf posture open | medium ? | account_maintain_current_contact_details | 0v0 |  | arn:aws:iam::<account_uid>:root | ? ? ? | 2025-02-14T14:27:03.913Z',
    'ocsf posture open | medium ? | account_maintain_different_contact_details_to_security_billing_and_operations | 0v0 |  | arn:aws:iam::<account_uid>:root | ? ? ? | 2025-02-14T14:27:03.913Z',
  ],
  'ocsf/defectdojo-prowler-azure.json': [
    'ocsf posture open | low ? | appinsights_ensure_is_configured | 0v0 |  | AppInsights | ? ? ? | 2025-02-14T14:27:30.710Z',
    'ocsf posture open | medium ? | defender_additional_email_configured_with_a_security_contact | 0v0 |  | <resource_uid> | ? ? ? | 2025-02-14T14:27:30.710Z',
    'ocsf posture open | high ? | defender_ensure_defender_for_app_services_is_on | 0v0 |  | <resource_uid> | ? ? ? | 2025-02-14T14:27:30.710Z',
  ],
  'ocsf/defectdojo-prowler-v3plus-4.5.json': [
    'ocsf posture open | high ? | iam_role_administratoraccess_policy_permissive_trust_relationship | 0v0 |  | arn:aws:iam::123456789012:role/myAdministratorExecutionRole | ? ? ? | 2024-06-03T14:15:19.382Z',
    'ocsf posture open | high ? | iam_role_cross_account_readonlyaccess_policy | 0v0 |  | arn:aws:iam::123456789012:role/AuditRole | ? ? ? | 2024-06-03T14:15:19.382Z',
    'ocsf posture suppressed | high ? | iam_role_permissive_trust_relationship | 0v0 |  | arn:aws:iam::123456789012:role/CrossAccountResourceAccessRole | ? ? ? | 2024-06-03T14:15:19.382Z',
  ],
  'ocsf/defectdojo-prowler-v3plus.json': [
    'ocsf posture open | high ? | iam_role_administratoraccess_policy_permissive_trust_relationship | 0v0 |  | arn:aws:iam::123456789012:role/myAdministratorExecutionRole | ? ? ? | 2024-06-03T14:15:19.382Z',
    'ocsf posture open | high ? | iam_role_cross_account_readonlyaccess_policy | 0v0 |  | arn:aws:iam::123456789012:role/AuditRole | ? ? ? | 2024-06-03T14:15:19.382Z',
    'ocsf posture suppressed | high ? | iam_role_permissive_trust_relationship | 0v0 |  | arn:aws:iam::123456789012:role/CrossAccountResourceAccessRole | ? ? ? | 2024-06-03T14:15:19.382Z',
  ],
  'ocsf/elastic-sechub-v2-vuln-python.json': [
    'ocsf package open | high ? | CVE-2025-8194 | 2v0 | python python-devel python-libs python3 python3-libs | arn:aws:ec2:us-east-2:123456789012:instance/i-abcd1235cdef1234 | 0.00198 no-exploit available | 2025-09-26T16:24:03.057Z',
  ],
  'ocsf/ocsf-examples-falco.json': [
    'ocsf threat open | medium ? | syscalls | 0v0 |  |  | ? ? ? | 2023-01-03T15:11:39.558Z',
  ],
  'ocsf/ocsf-examples-guardduty.json': [
    'ocsf threat open | low ? | TTPs/Defense Evasion/Stealth:IAMUser-CloudTrailLoggingDisabled | 0v0 |  | AWS::IAM::AccessKey:ASIAIOSFODNN7EXAMPLE | ? ? ? | 2023-09-19T15:05:22.487Z',
  ],
  'ocsf/ocsf-examples-inspector.json': [
    'ocsf package open | medium 5.9 | CVE-2023-1255 | 1v0 | openssl | arn:aws:ecr:us-east-2:111111111111:repository/browserhostingstack-EXAMPLE-btb1o54yh1jr/sha256:e9e2afad74f4e80511a5cff33d3d989b9797a718425f27e549f5b1f862c058a8 | 0.00066 exploit available | 2024-01-26T22:19:14.000Z',
  ],
  'ocsf/ocsf-examples-okta.json': [
    'ocsf threat open | ? ? | ? | 0v0 |  | /app/office365/1111111111/sso/wsfed/active | ? ? ? | 2024-08-13T15:58:20.000Z',
  ],
  'ocsf/ocsf-examples-pci.json': [
    'ocsf posture open | medium ? | Config.1 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2023-07-21T18:11:53.060Z',
  ],
  'ocsf/ocsf-examples-prowler.json': [
    'ocsf posture closed | high ? | acm_certificates_expiration_check | 0v0 |  | arn:aws:acm:eu-west-1:111122223333:certificate/e4dc1386-8b4b-402c-9fed-03269ee10006 | ? ? ? | 2024-10-04T09:49:02.698Z',
  ],
  'ocsf/ocsf-examples-qradar.json': ['ocsf threat open | ? ? | ? | 0v0 |  |  | ? ? ? | 2023-04-24T14:44:23.218Z'],
  'ocsf/ocsf-examples-rc2.json': [
    'ocsf posture closed | informational ? | EC2.19 | 1v0 | openssl yaml | arn:aws:ec2:us-east-1:522536594833:security-group/sg-0daf160f08dfed499 | ? ? ? | 2022-08-04T18:09:19.100Z',
  ],
  'ocsf/ocsf-examples-ssc.json': [
    'ocsf threat open | informational ? | malware_infection | 0v0 |  | 1.183.190.110 | ? ? ? | 2022-11-15T17:59:59.945Z',
    'ocsf threat open | informational ? | malware_infection | 0v0 |  | 59.11.81.231 | ? ? ? | 2022-11-15T17:59:59.946Z',
    'ocsf threat open | informational ? | malware_infection | 0v0 |  | 190.109.227.80 | ? ? ? | 2022-11-15T17:59:59.947Z',
    'ocsf threat open | informational ? | malware_infection | 0v0 |  | 38.7.186.198 | ? ? ? | 2022-11-15T17:59:59.948Z',
  ],
  'ocsf/prowler-guide-reporting.json': [
    'ocsf posture open | critical ? | ecs_task_definitions_no_environment_secrets | 0v0 |  | arn:aws:ecs:eu-central-1:123456789012:task-definition/manufacturer-api:7 | ? ? ? | 2025-01-27T17:36:46.855Z',
  ],
  'ocsf/sumologic-guardduty-v2-event.json': [
    'ocsf threat suppressed | low ? | Stealth:IAMUser/CloudTrailLoggingDisabled | 0v0 |  | ASIAIOSFODNN7EXAMPLE | ? ? ? | 2025-07-22T03:02:34.272Z',
  ],
  'ocsf/zenn-vulnerability-fragment-9.8-vs-7.1.json': [
    'rejected at "finding_info.uid": is one entry of vulnerabilities[] of an OCSF finding: send the whole finding, whose finding_info.uid is its identity',
  ],
  'ocsf/zenn-vulnerability-v2-shape.json': [
    'ocsf package open | critical ? | CVE-XXXX-XXXXX | 1v0 | affected-package | arn:aws:ec2:ap-northeast-1:111122223333:instance/i-xxxxxxxxxxxxxxxxx | 0.00018 exploit available | 2025-05-24T08:03:59.403Z',
  ],
  'ecr/composex-ecr-scan-sample.json': [
    'ecr-scan image-scan open | critical ? | ? | 0v0 |  | arn:aws:ecr:us-east-1:000000000000:repository/my-repository-name | ? ? ? | 2019-10-29T02:36:48.000Z',
  ],
  'ecr/lambda-go-ecr-image-scan.json': [
    'ecr-scan image-scan open | critical ? | ? | 0v0 |  | arn:aws:ecr:eu-north-1:123456789012:repository/tribble-image-scan-test/sha256:d4a96ee9443e641fc100e763a0c10928720b50c6e3ea3342d05d7c3435fc5355 | ? ? ? | 2019-10-30T21:32:27.000Z',
  ],
  'ecr/readme-no-counts-image-scan.json': [
    'rejected at "detail.finding-severity-counts": does not say what the scan found: send the event with its finding-severity-counts, which are {} when it found nothing',
  ],
  'noise/asr-notifier.json': ['ignored: is the notice of an automation about what it did, not a finding'],
  'noise/fixinventory-guardduty-get-findings.json': [
    'ignored: is a native GuardDuty finding; stopship reads GuardDuty through Security Hub',
  ],
  'noise/inspector-guide-coverage.json': ['ignored: is a notice about what Inspector covers, not a finding'],
  'noise/inspector-guide-scan-ec2.json': [
    'ignored: is a notice that Inspector scanned something; what it found arrives as findings of their own',
  ],
  'noise/inspector-guide-scan-ecr.json': [
    'ignored: is a notice that Inspector scanned something; what it found arrives as findings of their own',
  ],
  'noise/notify-slack-guardduty-high.json': [
    'ignored: is a native GuardDuty event; stopship reads GuardDuty through Security Hub',
  ],
  'noise/notify-slack-guardduty-low.json': [
    'ignored: is a native GuardDuty event; stopship reads GuardDuty through Security Hub',
  ],
  'noise/notify-slack-guardduty-medium.json': [
    'ignored: is a native GuardDuty event; stopship reads GuardDuty through Security Hub',
  ],
  'noise/notify-slack-sns-guardduty.json': [
    'ignored: is a native GuardDuty event; stopship reads GuardDuty through Security Hub',
  ],
  'noise/sechub-guide-insight-results.json': [
    'ignored: holds the results of an insight, which are counts, not findings',
  ],
  'malformed/asr-cis-bad.json': [
    'asff posture open | medium ? | 1.3 | 0v0 |  | AWS::::Account:111111111111 | ? ? ? | 2020-05-27T03:37:35.834Z',
  ],
  'malformed/defectdojo-empty-with-error.json': ['rejected at "": is an empty object: send the finding itself'],
  'malformed/inspector-guide-autoenable-smart-quotes.json': [
    'rejected at "": is not JSON at line 10, column 9: a typographic quote stands where a straight " belongs',
  ],
  'malformed/sechub-guide-custom-action-placeholder.json': [
    'rejected at "": is not JSON at line 17, column 9: a placeholder stands where a value belongs',
  ],
  'malformed/sechub-guide-imported-placeholder.json': [
    'rejected at "": is not JSON at line 14, column 10: a placeholder stands where a value belongs',
  ],
  'malformed/sechub-guide-missing-comma.json': [
    'rejected at "": is not JSON at line 38, column 3: a comma or a closing bracket is missing before this',
  ],
  'malformed/sechub-guide-nist-trailing-comma.json': [
    'rejected at "": is not JSON at line 46, column 36: a blank stands here that JSON does not know (a no-break space, say): replace it',
  ],
};
