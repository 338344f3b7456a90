// One at a time: calls that share an index or a folder wait for each other, in the order in which they came.

export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => undefined); // the caller of `result` sees the failure; the next one must still run
    return result;
  }
}
