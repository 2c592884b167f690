/* pool.c - see pool.h. A run is one generation: workers that come while it is open take part, those that wake too
 * late do not, and nobody waits for them. Who has nothing to do watches for some tens of microseconds, for the
 * next run often follows at once, and then sleeps: waking a thread costs about as much as a small layer. */
#include "base/pool.h"

#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define MAX_THREADS 256
#define GLANCES     1000 /* looks at an atomic before sleeping */

typedef struct worker {
    pthread_t thread;
    dc_pool *pool;
    int number;
} worker;

struct dc_pool {
    int threads; /* the caller included */
    int started; /* threads really running beside the caller */
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    atomic_uint_fast64_t generation; /* written under the mutex */
    atomic_int active;               /* workers that take part in this generation; written under the mutex */
    bool open;                       /* more may join it */
    bool quit;
    dc_task_fn fn;
    void *context;
    int tasks;
    atomic_int next; /* first task nobody has taken */
    worker workers[];
};

static void take_tasks(dc_pool *pool, int number)
{
    int task;
    while ((task = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) < pool->tasks)
        pool->fn(pool->context, task, number);
}

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Waits, awake and not for long, until there is a generation after `seen`. */
static void watch_generation(const dc_pool *pool, uint64_t seen)
{
    for (int i = 0; i < GLANCES && atomic_load_explicit(&pool->generation, memory_order_relaxed) == seen; i++)
        relax();
}

static void watch_active(const dc_pool *pool)
{
    for (int i = 0; i < GLANCES && atomic_load_explicit(&pool->active, memory_order_relaxed) > 0; i++)
        relax();
}

/* Takes part in the present generation; called and left with the mutex held. */
static void take_part(dc_pool *pool, int number)
{
    pool->active++;
    pthread_mutex_unlock(&pool->mutex);
    take_tasks(pool, number);
    pthread_mutex_lock(&pool->mutex);
    if (--pool->active == 0)
        pthread_cond_signal(&pool->done);
}

static void *work(void *argument)
{
    worker *self = argument;
    dc_pool *pool = self->pool;
    uint64_t seen = 0;
    for (;;) {
        watch_generation(pool, seen);
        pthread_mutex_lock(&pool->mutex);
        while (pool->generation == seen && !pool->quit)
            pthread_cond_wait(&pool->work, &pool->mutex);
        seen = pool->generation;
        if (pool->open && !pool->quit)
            take_part(pool, self->number);
        bool quit = pool->quit;
        pthread_mutex_unlock(&pool->mutex);
        if (quit)
            return NULL;
    }
}

static int usable_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return CPU_COUNT(&set);
}

/* A thread that sees a new generation wants the mutex while it is still held for some nanoseconds more: it tries
 * again before it sleeps. */
static void init_mutex(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
#ifdef __GLIBC__
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

dc_status dc_pool_create(int threads, dc_pool **ret_pool)
{
    if (threads <= 0)
        threads = usable_cores();
    if (threads > MAX_THREADS)
        threads = MAX_THREADS;
    dc_pool *pool;
    DC_TRY(dc_alloc(1, sizeof *pool + (size_t)threads * sizeof(worker), (void **)&pool));
    pool->threads = threads;
    init_mutex(&pool->mutex);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    for (int i = 1; i < threads; i++) {
        worker *w = &pool->workers[i];
        *w = (worker){.pool = pool, .number = i};
        int error = pthread_create(&w->thread, NULL, work, w);
        if (error) {
            dc_pool_free(pool);
            return dc_fail(DCGAN_E_MEMORY, "Thread %d of %d cannot be started. Ask for fewer with --threads.", i + 1,
                           threads);
        }
        pool->started++;
    }
    *ret_pool = pool;
    return DCGAN_OK;
}

void dc_pool_free(dc_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->quit = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 1; i <= pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

int dc_pool_threads(const dc_pool *pool)
{
    return pool->threads;
}

void dc_pool_run(dc_pool *pool, dc_task_fn fn, void *context, int tasks)
{
    if (tasks <= 0)
        return;
    bool alone = pool->started == 0 || tasks == 1;
    pthread_mutex_lock(&pool->mutex); /* a worker that came late may just be looking */
    pool->fn = fn;
    pool->context = context;
    pool->tasks = tasks;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    if (!alone) {
        pool->open = true;
        pool->generation++;
        pthread_cond_broadcast(&pool->work);
    }
    pthread_mutex_unlock(&pool->mutex);
    take_tasks(pool, 0);
    if (alone)
        return;
    watch_active(pool);
    pthread_mutex_lock(&pool->mutex);
    pool->open = false;
    while (pool->active > 0)
        pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}
