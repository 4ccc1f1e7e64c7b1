// Driver for pg-boss. Its best setting fetches 5,000 jobs at a time in each of two local workers. One at a time it waits
// for its poll after every job, so there is no such figure.
import { PgBoss } from 'pg-boss';
import pg from 'pg';
import { main, Unsupported } from './scenarios.mjs';

const QUEUE = 'noop';
const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 };
const settings = {
  best: { ...polling, batchSize: 5000, localConcurrency: 2, burstWhenBatchFull: true },
  tens: { ...polling, batchSize: 10, localConcurrency: 8, burstWhenBatchFull: true },
  pickup: { ...polling, batchSize: 10, localConcurrency: 2 },
};
const url = process.env.BENCHMARK_DATABASE_URL;
const pool = new pg.Pool({ connectionString: url, max: 2 });
const boss = new PgBoss({
  connectionString: url,
  max: 20,
  supervise: false,
  schedule: false,
  useListenNotify: true,
  registerInstance: false,
  monitorVacuum: false,
  openTelemetry: { enabled: false },
  migrate: process.argv[2] === 'install',
});
boss.on('error', (error) => console.error(error.message));
await boss.start();

await main({
  install: () => boss.createQueue(QUEUE, { notify: true, partition: false }),
  enqueue: (text) => boss.send(QUEUE, { text }),
  enqueueMany: (texts) => boss.insert(QUEUE, texts.map((text) => ({ data: { text } }))),
  async work(mode, handle) {
    if (!(mode in settings)) throw new Unsupported();
    await boss.work(QUEUE, settings[mode], async (jobs) => {
      for (const job of jobs) handle(job.data.text);
    });
    return () => boss.stop({ graceful: false });
  },
  async unfinished() {
    const { rows } = await pool.query("select exists(select 1 from pgboss.job where name = $1 and state < 'completed') as some", [QUEUE]);
    return rows[0].some;
  },
  claim: (size) => boss.fetch(QUEUE, { batchSize: size }),
  finish: (jobs) => boss.complete(QUEUE, jobs.map((job) => job.id)),
});
