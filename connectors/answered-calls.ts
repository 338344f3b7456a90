// Makes a repeated call harmless: one key, one execution, one answer. Holds for as long as the process remembers the key;
// memory is bounded by entries and by characters, and the oldest answers are forgotten first.
import { createHash } from 'node:crypto';
import { ConnectorFailure } from './failure.ts';

interface Answer {
  readonly argumentsDigest: string;
  /** Undefined while the call is being carried out. */
  readonly resultJson: string | undefined;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64');

export class AnsweredCalls {
  readonly #answers = new Map<string, Answer>();
  readonly #maxAnswers: number;
  readonly #maxCharacters: number;
  #characters = 0;

  constructor(maxAnswers = 1_000, maxCharacters = 32 * 1024 * 1024) {
    this.#maxAnswers = maxAnswers;
    this.#maxCharacters = maxCharacters;
  }

  /**
   * Carries out `work`, or answers with what it gave the first time. A failed call is not remembered: whether its effect
   * stands is for the caller to find out.
   * @param scope Kind, operation and idempotency key.
   * @throws ConnectorFailure KEY_REUSED, CALL_IN_FLIGHT
   */
  async once(scope: readonly string[], argumentsJson: string, work: () => Promise<string>): Promise<string> {
    const key = JSON.stringify(scope);
    const argumentsDigest = digest(argumentsJson);
    const earlier = this.#answers.get(key);
    if (earlier !== undefined) return recall(earlier, argumentsDigest, scope);
    this.#answers.set(key, { argumentsDigest, resultJson: undefined });
    try {
      const resultJson = await work();
      this.#answers.set(key, { argumentsDigest, resultJson });
      this.#characters += resultJson.length;
      return resultJson;
    } catch (error) {
      this.#answers.delete(key);
      throw error;
    } finally {
      this.#forgetOldest();
    }
  }

  #forgetOldest(): void {
    for (const [key, { resultJson }] of this.#answers) {
      if (this.#answers.size <= this.#maxAnswers && this.#characters <= this.#maxCharacters) return;
      // What is still being carried out is bounded by the service's limit of calls, and must not run twice.
      if (resultJson === undefined) continue;
      this.#answers.delete(key);
      this.#characters -= resultJson.length;
    }
  }
}

function recall(earlier: Answer, argumentsDigest: string, scope: readonly string[]): string {
  const what = `${scope.slice(0, 2).join('.')} was not carried out`;
  if (earlier.argumentsDigest !== argumentsDigest) {
    const why = 'its idempotency key has been used with other arguments';
    throw new ConnectorFailure('KEY_REUSED', { what, why, next: 'Use a new key for a new intention.' });
  }
  if (earlier.resultJson === undefined) {
    const why = 'a call with this idempotency key has not ended yet';
    throw new ConnectorFailure('CALL_IN_FLIGHT', { what, why, next: 'Repeat it when the first call has ended.' });
  }
  return earlier.resultJson;
}
