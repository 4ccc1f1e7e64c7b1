// Driver for graphile-worker. Its best setting locks 4,000 rows at a time into a local queue and sends the
// completions of one timer tick as one statement.
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { main, Unsupported } from './scenarios.mjs';

process.env.NO_LOG_SUCCESS = '1';

const batched = { completeJobBatchDelay: 0, failJobBatchDelay: 0 };
const settings = {
  best: { ...batched, concurrentJobs: 100, maxPoolSize: 25, localQueue: { size: 4000 } },
  tens: { ...batched, concurrentJobs: 20, maxPoolSize: 10, localQueue: { size: 10 } },
  one: { ...batched, concurrentJobs: 10, maxPoolSize: 25 },
  pickup: { concurrentJobs: 10, maxPoolSize: 10 },
};
const logger = new Logger(() => (level, message) => {
  if (level === 'error') console.error(message);
});
const pool = connections(30);
const utilities = await makeWorkerUtils({ pgPool: pool, logger });

await main({
  install: () => utilities.migrate(),
  enqueue: (text) => utilities.addJob('noop', { text }),
  enqueueMany: (texts) => utilities.addJobs(texts.map((text) => ({ identifier: 'noop', payload: { text } }))),
  async work(mode, handle) {
    const worker = settings[mode];
    const workerPool = connections(worker.maxPoolSize);
    const runner = await run({
      pgPool: workerPool,
      preset: { worker: { ...worker, logger } },
      noHandleSignals: true,
      taskList: { noop: ({ text }) => handle(text) },
    });
    return async () => {
      await runner.stop();
      await workerPool.end();
    };
  },
  async unfinished() {
    const { rows } = await pool.query('select exists(select 1 from graphile_worker._private_jobs) as some');
    return rows[0].some;
  },
  claim() {
    throw new Unsupported();
  },
});

function connections(max) {
  const made = new pg.Pool({ connectionString: process.env.BENCHMARK_DATABASE_URL, max });
  made.on('error', () => {});
  made.on('connect', (client) => client.on('error', () => {}));
  return made;
}
