/** A thread that fuzzes one planted reader. */
import { work } from '../work.ts';
import { TARGETS } from './planted.ts';

work(TARGETS);
