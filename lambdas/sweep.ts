import { measuredSweepFunction } from '../lib/aws/functions.ts';
import { onAws } from '../lib/aws/on-aws.ts';

export const handler = onAws(measuredSweepFunction);
