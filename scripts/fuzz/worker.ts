/** A thread that fuzzes one reader of the project. */
import { TARGETS } from './targets.ts';
import { work } from './work.ts';

work(TARGETS);
