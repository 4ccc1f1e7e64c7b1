// Driver for river: the same commands, parameters and figures as ../drivers/scenarios.py, which describes them.
//
// At its best 5,000 jobs run at the same time, fetched with the least cool-down that it takes; completions gather in
// memory and are written in batches. River has no public call for a single claim.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"golang.org/x/sys/unix"
)

const (
	markEvery     = 1000
	fetchCooldown = time.Millisecond // the least that river takes
)

// maxWorkers is the number of jobs that run at the same time, which is also how many one fetch may lock.
var maxWorkers = map[string]int{"best": 5000, "tens": 10, "one": 1, "pickup": 100}

type parameters struct {
	Tasks     int     `json:"tasks"`
	Producers int     `json:"producers"`
	Payload   int     `json:"payload"`
	Size      int     `json:"size"`
	Mode      string  `json:"mode"`
	Waiting   int     `json:"waiting"`
	Chunk     int     `json:"chunk"`
	Seconds   float64 `json:"seconds"`
}

type figures map[string]any

type noopArgs struct {
	Text string `json:"text"`
}

func (noopArgs) Kind() string { return "noop" }

type noopWorker struct {
	river.WorkerDefaults[noopArgs]
	handle func(text string)
}

func (w *noopWorker) Work(_ context.Context, job *river.Job[noopArgs]) error {
	w.handle(job.Args.Text)
	return nil
}

// queue is river in one database, as far as a benchmark needs it.
type queue struct {
	ctx    context.Context
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
}

func main() {
	ctx := context.Background()
	config := must(pgxpool.ParseConfig(os.Getenv("BENCHMARK_DATABASE_URL")))
	config.MaxConns = 20
	pool := must(pgxpool.NewWithConfig(ctx, config))
	defer pool.Close()
	inserter := &river.Config{Logger: logger}
	if os.Args[1] == "pickup-producer" {
		// An inserting client, too, announces new jobs at most once in its cool-down.
		inserter.FetchCooldown = fetchCooldown
	}
	client := must(river.NewClient(riverpgxv5.New(pool), inserter))
	q := queue{ctx: ctx, pool: pool, client: client}

	var p parameters
	check(json.Unmarshal([]byte(os.Args[2]), &p))
	commands := map[string]func(parameters) figures{
		"install":         q.install,
		"enqueue":         q.enqueue,
		"batches":         q.batches,
		"drain":           q.drain,
		"churn":           q.churn,
		"pickup-worker":   q.pickupWorker,
		"pickup-producer": q.pickupProducer,
		"claims":          func(parameters) figures { return figures{"unsupported": true} },
	}
	print(commands[os.Args[1]](p))
}

func (q queue) install(parameters) figures {
	migrator := must(rivermigrate.New(riverpgxv5.New(q.pool), &rivermigrate.Config{Logger: logger}))
	must(migrator.Migrate(q.ctx, rivermigrate.DirectionUp, nil))
	return figures{}
}

func (q queue) enqueue(p parameters) figures {
	args := noopArgs{Text: strings.Repeat("x", p.Payload)}
	each := p.Tasks / p.Producers
	together(p.Producers, func() { must(q.client.Insert(q.ctx, args, nil)) })
	started := time.Now()
	together(p.Producers, func() {
		for range each {
			must(q.client.Insert(q.ctx, args, nil))
		}
	})
	return figures{"rate": float64(each*p.Producers) / time.Since(started).Seconds()}
}

func (q queue) batches(p parameters) figures {
	q.insertMany(p.Size, p.Payload)
	times := p.Tasks / p.Size
	started := time.Now()
	for range times {
		q.insertMany(p.Size, p.Payload)
	}
	return figures{"rate": float64(times*p.Size) / time.Since(started).Seconds()}
}

func (q queue) drain(p parameters) figures {
	progress := newProgress(p.Tasks)
	stop := q.work(p.Mode, func(string) { progress.handle() })
	<-progress.allDone
	for q.unfinished() {
		time.Sleep(2 * time.Millisecond)
	}
	rate := float64(p.Tasks) / time.Since(progress.marks[0]).Seconds()
	stop()
	return figures{"rate": rate, "done": progress.done}
}

func (q queue) churn(p parameters) figures {
	progress := newProgress(p.Tasks)
	stop := q.work(p.Mode, func(string) { progress.handle() })
	deadline := time.Now().Add(time.Duration(p.Seconds * float64(time.Second)))
	if p.Waiting > 0 {
		for produced := 0; produced < p.Tasks; produced += p.Chunk {
			if !progress.waitUntil(produced-p.Waiting+p.Chunk, deadline) {
				break
			}
			q.insertMany(p.Chunk, p.Payload)
		}
	}
	progress.waitUntil(p.Tasks, deadline)
	result := progress.firstAndLast(5000)
	stop()
	return result
}

func (q queue) pickupWorker(p parameters) figures {
	var mutex sync.Mutex
	var milliseconds []float64
	enough := make(chan struct{})
	stop := q.work("pickup", func(text string) {
		latency := float64(monotonic()-must(strconv.ParseInt(text, 10, 64))) / 1e6
		mutex.Lock()
		defer mutex.Unlock()
		milliseconds = append(milliseconds, latency)
		if len(milliseconds) == p.Tasks {
			close(enough)
		}
	})
	print(figures{"ready": true})
	<-enough
	stop()
	return figures{"milliseconds": milliseconds}
}

func (q queue) pickupProducer(p parameters) figures {
	check(q.pool.Ping(q.ctx))
	for range p.Tasks {
		time.Sleep(20*time.Millisecond + rand.N(20*time.Millisecond))
		must(q.client.Insert(q.ctx, noopArgs{Text: strconv.FormatInt(monotonic(), 10)}, nil))
	}
	return figures{}
}

func (q queue) insertMany(count, payload int) {
	text := strings.Repeat("x", payload)
	many := make([]river.InsertManyParams, count)
	for i := range many {
		many[i] = river.InsertManyParams{Args: noopArgs{Text: text}}
	}
	must(q.client.InsertManyFast(q.ctx, many))
}

func (q queue) work(mode string, handle func(text string)) (stop func()) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &noopWorker{handle: handle})
	worker := must(river.NewClient(riverpgxv5.New(q.pool), &river.Config{
		Logger:            logger,
		Workers:           workers,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: maxWorkers[mode]}},
		FetchCooldown:     fetchCooldown,
		FetchPollInterval: time.Second,
	}))
	check(q.pool.Ping(q.ctx))
	check(worker.Start(q.ctx))
	return func() {
		ctx, cancel := context.WithTimeout(q.ctx, 10*time.Second)
		defer cancel()
		_ = worker.Stop(ctx) // a late stop changes no figure: the process ends next
	}
}

func (q queue) unfinished() bool {
	var some bool
	check(q.pool.QueryRow(q.ctx,
		"select exists(select 1 from river_job where state = 'running') or exists(select 1 from river_job where state = 'available')",
	).Scan(&some))
	return some
}

// progress counts handled tasks and reads the clock at the first and at every thousandth.
type progress struct {
	mutex   sync.Mutex
	moved   *sync.Cond
	tasks   int
	done    int
	marks   []time.Time
	allDone chan struct{}
}

func newProgress(tasks int) *progress {
	p := &progress{tasks: tasks, allDone: make(chan struct{})}
	p.moved = sync.NewCond(&p.mutex)
	return p
}

func (p *progress) handle() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.done == 0 {
		p.marks = append(p.marks, time.Now())
	}
	p.done++
	if p.done%markEvery == 0 {
		p.marks = append(p.marks, time.Now())
	}
	if p.done == p.tasks {
		close(p.allDone)
	}
	p.moved.Broadcast()
}

// waitUntil waits for that many tasks and tells whether they were done before the deadline.
func (p *progress) waitUntil(done int, deadline time.Time) bool {
	timer := time.AfterFunc(time.Until(deadline), p.moved.Broadcast)
	defer timer.Stop()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for p.done < done {
		if !time.Now().Before(deadline) {
			return false
		}
		p.moved.Wait()
	}
	return true
}

func (p *progress) firstAndLast(tasks int) figures {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	steps, end := tasks/markEvery, len(p.marks)-1
	if end < 2*steps {
		return figures{"done": p.done, "first": nil, "last": nil}
	}
	return figures{
		"done":  p.done,
		"first": float64(tasks) / p.marks[steps].Sub(p.marks[0]).Seconds(),
		"last":  float64(tasks) / p.marks[end].Sub(p.marks[end-steps]).Seconds(),
	}
}

var logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))

// monotonic reads the clock that all processes of the machine share.
func monotonic() int64 {
	var now unix.Timespec
	check(unix.ClockGettime(unix.CLOCK_MONOTONIC, &now))
	return now.Nano()
}

func together(count int, work func()) {
	var group sync.WaitGroup
	for range count {
		group.Go(work)
	}
	group.Wait()
}

func print(f figures) {
	fmt.Println(string(must(json.Marshal(f))))
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
