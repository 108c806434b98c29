import type { Result } from '../../result.ts';
import { type Action, type Issue, LABEL } from '../issue.ts';
import { planIssues } from '../plan-issues.ts';

/** A tracker in memory, that does what is planned. */
export class Tracker {
  issues: readonly Issue[] = [];

  /** Files a run; `onlyFirst` is how many of its actions are done before it is cut off. */
  file(result: Result, onlyFirst = Number.POSITIVE_INFINITY): readonly Action['kind'][] {
    const actions = planIssues(result, this.issues, undefined).slice(0, onlyFirst);
    for (const action of actions) this.#do(action);
    return actions.map(({ kind }) => kind);
  }

  #do(action: Action): void {
    if (action.kind === 'open') {
      if (!action.labels.includes(LABEL)) throw new TypeError('an issue without our label');
      const { title, body } = action;
      const number = this.issues.length + 1;
      this.issues = [...this.issues, { number, state: 'open', title, body }];
      return;
    }
    const { number, body, kind } = action;
    const state = kind === 'close' || kind === 'duplicate' ? 'closed' : 'open';
    const isSame = kind === 'update';
    this.issues = this.issues.map((issue) =>
      issue.number === number ? { ...issue, body, state: isSame ? issue.state : state } : issue,
    );
  }
}
