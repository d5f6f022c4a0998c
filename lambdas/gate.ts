import { gateFunction } from '../lib/aws/gate.ts';
import { onAws } from '../lib/aws/on-aws.ts';

export const handler = onAws(gateFunction);
