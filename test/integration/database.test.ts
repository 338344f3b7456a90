// The one way to Postgres, on the real one.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { errorCode } from '../../domain/errors.ts';
import { type TestInstance, createInstance } from '../support/instance.ts';

let instance: TestInstance;
beforeAll(async () => {
  instance = await createInstance();
});
afterAll(() => instance.dispose());

describe('prepared statements', () => {
  test('a statement with parameters is prepared once, and only executed from then on', async () => {
    await instance.database.transaction(async (tx) => {
      for (const limit of [1, 2, 3]) await tx.query('select position from event limit $1', [limit]);
      const { rows } = await tx.query(
        "select 1 from pg_prepared_statements where statement = 'select position from event limit $1'",
      );
      expect(rows).toHaveLength(1);
    });
  });

  test('a statement goes on when a column has been added to what it reads, on every connection', async () => {
    const { database } = instance;
    await database.query('create table grows (id integer)');
    await database.query('insert into grows values (1)');
    const read = () => database.query<{ id: number }>('select * from grows where id = $1', [1]);
    await Promise.all(Array.from({ length: 5 }, read));
    await database.query('alter table grows add column more integer');
    const answers = await Promise.all(Array.from({ length: 5 }, read));
    for (const { rows } of answers) expect(rows).toEqual([{ id: 1, more: null }]);
  });

  test('a transaction that meets such a change is rolled back and can be repeated', async () => {
    const { database } = instance;
    await database.query('create table changes (id integer)');
    const work = () =>
      database.transaction(async (tx) => (await tx.query('insert into changes values ($1) returning *', [1])).rows);
    await work();
    await database.query('alter table changes add column more integer');
    const refused = await work().catch(errorCode);
    expect(refused).toBe('UNAVAILABLE');
    expect(await work()).toEqual([{ id: 1, more: null }]);
    expect((await database.query('select from changes')).rowCount).toBe(2);
  });
});
