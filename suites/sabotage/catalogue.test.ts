import { describe, expect, it } from 'vitest';
import { REQUIREMENTS } from '../requirements/index.ts';
import { CATALOGUE } from './catalogue.ts';

describe('the catalogue of sabotage', () => {
  it('has sixty wrong systems and more', () => {
    expect(CATALOGUE.length).toBeGreaterThanOrEqual(60);
  });

  it('names requirements that there are, and each system once', () => {
    const ids = new Set(REQUIREMENTS.map(({ id }) => id));
    expect(CATALOGUE.map(({ requirement }) => requirement).filter((id) => !ids.has(id))).toEqual(
      [],
    );
    const names = CATALOGUE.map(({ requirement, what }) => `${requirement} ${what}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('says what each finding has to say', () => {
    expect(CATALOGUE.filter(({ says, what }) => says.length < 5 || what.length < 10)).toEqual([]);
  });
});
