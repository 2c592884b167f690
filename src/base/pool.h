/* pool.h - a fixed set of threads that work through numbered tasks.
 *
 * Law: a task's result depends on its number alone, never on the thread that took it or on how many there
 * are. Sums over tasks are added afterwards in the order of their numbers. Threads sleep while idle. */
#ifndef DC_BASE_POOL_H
#define DC_BASE_POOL_H

#include "base/status.h"

#include <stdbool.h>

typedef struct dc_pool dc_pool;

/* `worker` is 0..threads-1: for scratch memory only. */
typedef void (*dc_task_fn)(void *context, int task, int worker);

/* threads 0: one per core this process may use. The calling thread is one of them. */
dc_status dc_pool_create(int threads, dc_pool **ret_pool);
void dc_pool_free(dc_pool *pool);
int dc_pool_threads(const dc_pool *pool);

/* Runs tasks 0..tasks-1 and returns when all are done. Allocates nothing. Not reentrant. */
void dc_pool_run(dc_pool *pool, dc_task_fn fn, void *context, int tasks);

#endif
