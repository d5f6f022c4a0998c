import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { ledgerIndex } from './names.ts';
import { mayUseKey } from './rights.ts';

export interface LedgerProps {
  /** Encrypts the table and its stream. */
  readonly key: IKey;
}

/** The DynamoDB table that is the only truth. It outlives its stack: holds and reviews are evidence. */
export class Ledger extends Construct {
  readonly name: string;
  readonly streamArn: string;
  readonly #table: Table;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, props: LedgerProps) {
    super(scope, id);
    this.#key = props.key;
    this.#table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      stream: StreamViewType.NEW_IMAGE,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: props.key,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.#table.addGlobalSecondaryIndex({
      indexName: ledgerIndex,
      partitionKey: { name: 'list', type: AttributeType.STRING },
      sortKey: { name: 'at', type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
    this.name = this.#table.tableName;
    this.streamArn = this.#table.tableStreamArn ?? '';
  }

  /** Lets `grantee` look at everything. */
  grantRead(grantee: IGrantable): void {
    this.#grant(grantee, ['dynamodb:GetItem', 'dynamodb:Query'], [this.#table.tableArn, this.#indexArn()]);
  }

  /** Lets `grantee` open and change what the ledger holds, and look at it. Deletion is not in it: a hold is evidence. */
  grantRecord(grantee: IGrantable): void {
    this.grantRead(grantee);
    this.#grant(grantee, writes, [this.#table.tableArn]);
  }

  /** As `grantRecord`, and lets `grantee` strike off what was asked for and is done: errands, requests for a fresh link. */
  grantErrands(grantee: IGrantable): void {
    this.grantRecord(grantee);
    this.#grant(grantee, ['dynamodb:DeleteItem'], [this.#table.tableArn], inPartitions(['HOLD#*', 'PROBLEM#*']));
  }

  /**
   * Lets `grantee` read and write items of these partitions and no others, and not through the index.
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
   */
  grantRecordIn(grantee: IGrantable, partitions: readonly string[]): void {
    this.#grant(
      grantee,
      ['dynamodb:GetItem', 'dynamodb:Query', ...writes],
      [this.#table.tableArn],
      inPartitions(partitions),
    );
  }

  /** Lets `grantee`, the reader of a stream mapping, follow what is written. */
  grantFollow(grantee: IGrantable): void {
    this.#grant(
      grantee,
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      [this.streamArn],
    );
  }

  #grant(grantee: IGrantable, actions: readonly string[], resources: readonly string[], conditions = {}): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: [...actions], resources: [...resources], conditions }),
    );
    mayUseKey(grantee, this.#key, 'dynamodb');
  }

  #indexArn(): string {
    return `${this.#table.tableArn}/index/${ledgerIndex}`;
  }
}

function inPartitions(partitions: readonly string[]) {
  return {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
    // Without a leading key in the request, `ForAllValues` would hold for everything.
    Null: { 'dynamodb:LeadingKeys': 'false' },
  };
}

/** A transaction needs the rights of its parts; a check alone has one of its own. */
const writes = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'];
