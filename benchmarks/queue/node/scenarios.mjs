// What a Node driver can be asked to do, written over the few verbs of an adapter: the same commands, parameters
// and figures as drivers/scenarios.py, which describes them.

const MARK_EVERY = 1000;
const commands = { install, enqueue, batches, drain, churn, 'pickup-worker': pickupWorker, 'pickup-producer': pickupProducer, claims };

export class Unsupported extends Error {}

export async function main(adapter) {
  const [, , command, parameters] = process.argv;
  let figures;
  try {
    figures = await commands[command](adapter, JSON.parse(parameters));
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    figures = { unsupported: true };
  }
  print(figures);
  process.exit(0);
}

async function install(adapter) {
  await adapter.install();
  return {};
}

async function enqueue(adapter, { tasks, producers, payload }) {
  const body = 'x'.repeat(payload);
  const each = Math.floor(tasks / producers);
  await together(producers, () => adapter.enqueue(body));
  const started = performance.now();
  await together(producers, async () => {
    for (let i = 0; i < each; i++) await adapter.enqueue(body);
  });
  return { rate: (each * producers) / secondsSince(started) };
}

async function batches(adapter, { tasks, size, payload }) {
  const bodies = Array(size).fill('x'.repeat(payload));
  const times = Math.floor(tasks / size);
  await adapter.enqueueMany(bodies);
  const started = performance.now();
  for (let i = 0; i < times; i++) await adapter.enqueueMany(bodies);
  return { rate: (times * size) / secondsSince(started) };
}

async function drain(adapter, { tasks, mode }) {
  const progress = new Progress(tasks);
  const stop = await adapter.work(mode, progress.handle);
  await progress.allDone;
  while (await adapter.unfinished()) await sleep(2);
  const rate = tasks / secondsSince(progress.marks[0]);
  await stop();
  return { rate, done: progress.done };
}

async function churn(adapter, { tasks, mode, payload, waiting, chunk, seconds }) {
  const progress = new Progress(tasks);
  const stop = await adapter.work(mode, progress.handle);
  const feeding = waiting === 0 ? progress.allDone : feed(adapter, progress, tasks, 'x'.repeat(payload), waiting, chunk);
  await Promise.race([feeding, sleep(seconds * 1000)]);
  const figures = progress.firstAndLast(5000);
  await Promise.race([stop(), sleep(10_000)]);
  return figures;
}

async function feed(adapter, progress, tasks, body, waiting, chunk) {
  const bodies = Array(chunk).fill(body);
  for (let produced = 0; produced < tasks; produced += chunk) {
    while (produced - progress.done > waiting - chunk) await progress.moved();
    await adapter.enqueueMany(bodies);
  }
  await progress.allDone;
}

async function pickupWorker(adapter, { tasks }) {
  const milliseconds = [];
  await new Promise((resolve, reject) => {
    adapter
      .work('pickup', (payload) => {
        milliseconds.push(Number(process.hrtime.bigint() - BigInt(payload)) / 1e6);
        if (milliseconds.length >= tasks) resolve();
      })
      .then(() => print({ ready: true }), reject);
  });
  return { milliseconds };
}

async function pickupProducer(adapter, { tasks }) {
  for (let i = 0; i < tasks; i++) {
    await sleep(20 + Math.random() * 20);
    await adapter.enqueue(process.hrtime.bigint().toString());
  }
  return {};
}

async function claims(adapter, { claims: count, size, payload }) {
  const bodies = Array(size).fill('x'.repeat(payload));
  const milliseconds = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    const claimed = await adapter.claim(size);
    milliseconds.push(performance.now() - started);
    await adapter.finish(claimed);
    await adapter.enqueueMany(bodies);
  }
  return { milliseconds };
}

// Counts handled tasks and reads the clock at the first and at every thousandth.
class Progress {
  constructor(tasks) {
    this.done = 0;
    this.marks = [];
    this.wake = null;
    this.allDone = new Promise((resolve) => (this.finish = resolve));
    this.handle = () => {
      if (this.done === 0) this.marks.push(performance.now());
      this.done++;
      if (this.done % MARK_EVERY === 0) this.marks.push(performance.now());
      if (this.wake) {
        const wake = this.wake;
        this.wake = null;
        wake();
      }
      if (this.done >= tasks) this.finish();
    };
  }

  moved() {
    return new Promise((resolve) => (this.wake = resolve));
  }

  firstAndLast(tasks) {
    const steps = tasks / MARK_EVERY;
    const marks = this.marks;
    if (marks.length <= 2 * steps) return { done: this.done, first: null, last: null };
    return {
      done: this.done,
      first: (tasks * 1000) / (marks[steps] - marks[0]),
      last: (tasks * 1000) / (marks[marks.length - 1] - marks[marks.length - 1 - steps]),
    };
  }
}

function together(count, work) {
  return Promise.all(Array.from({ length: count }, work));
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function secondsSince(started) {
  return (performance.now() - started) / 1000;
}

function print(figures) {
  process.stdout.write(JSON.stringify(figures) + '\n');
}
