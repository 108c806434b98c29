import { describe, expect, it } from 'vitest';
import { jobsOf, readWorkflows, scriptsOf } from './testing/workflows.ts';

const workflows = await readWorkflows();
const jobs = jobsOf(workflows);

describe('what the workflows may do, and whom they trust', () => {
  it.each(workflows)('$file allows nothing by itself', ({ permissions }) => {
    expect(permissions).toEqual({});
  });

  it.each(jobs)('$name has limits, and the rights that it needs', ({ name, job }) => {
    expect(job['timeout-minutes']).toBeGreaterThan(0);
    const issues = name === 'nightly.yml report' ? { issues: 'write' } : {};
    expect(job.permissions).toEqual({ contents: 'read', ...issues });
  });

  it.each(jobs)('$name takes actions by their commits, and leaves no token behind', ({ job }) => {
    for (const { uses, with: inputs } of job.steps) {
      if (uses === undefined) continue;
      expect(uses).toMatch(/^actions\/[a-z-]+(?:\/[a-z]+)?@[0-9a-f]{40}$/);
      if (uses.startsWith('actions/checkout@')) {
        expect(inputs?.['persist-credentials']).toBe(false);
      }
    }
  });

  it.each(workflows)('$file says which release each action is', ({ text }) => {
    for (const line of text.split('\n').filter((one) => one.includes('uses:'))) {
      expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  it.each(scriptsOf(workflows))(
    '$name: $step puts nothing into a script that is not of the script',
    ({ run }) => {
      expect(run).not.toContain('${{');
    },
  );
});
