// Values of options that can be judged without the API. Commander prints what these throw, beside the option's name.
import { InvalidArgumentError } from 'commander';

/** A whole number in a range. */
export const number =
  (min: number, max: number) =>
  (given: string): number => {
    const value = Number(given);
    if (given.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
  };

export const oneOf =
  <Word extends string>(words: readonly Word[]) =>
  (given: string): Word => {
    const found = words.find((word) => word === given);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It takes one of ${words.join(', ')}.`);
  };
