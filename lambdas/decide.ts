import { decideFunction } from '../lib/aws/decide.ts';
import { onAws } from '../lib/aws/on-aws.ts';

export const handler = onAws(decideFunction);
