/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/parallel.h"

#include <pthread.h>
#include <stdlib.h>

struct sc_parallel {
    pthread_mutex_t lock;
    int64_t jobs, next;
    sc_parallel_work *work;
    void *context;
    enum sc_status status;
    struct sc_error error; /* of the first failure */
};

int64_t sc_parallel_next(struct sc_parallel *queue)
{
    int64_t job = -1;

    (void)pthread_mutex_lock(&queue->lock);
    if (queue->status == SC_OK && queue->next < queue->jobs) {
        job = queue->next++;
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return job;
}

static void *run(void *argument)
{
    struct sc_parallel *queue = argument;
    struct sc_error error = {SC_OK, ""};
    const enum sc_status status = queue->work(queue, queue->context, &error);

    (void)pthread_mutex_lock(&queue->lock);
    if (status != SC_OK && queue->status == SC_OK) {
        queue->status = status;
        queue->error = error;
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return NULL;
}

enum sc_status sc_parallel_run(int32_t threads, int64_t jobs, sc_parallel_work *work, void *context,
                               struct sc_error *error)
{
    struct sc_parallel queue = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                .jobs = jobs,
                                .work = work,
                                .context = context,
                                .status = SC_OK};
    const int64_t others = (threads < jobs ? threads : jobs) - 1;
    pthread_t *made = others > 0 ? calloc((size_t)others, sizeof *made) : NULL;
    int64_t count = 0;

    while (made != NULL && count < others && pthread_create(&made[count], NULL, run, &queue) == 0) {
        count++;
    }
    (void)run(&queue); /* the jobs of a thread that could not be made fall to the others */
    for (int64_t n = 0; n < count; n++) {
        (void)pthread_join(made[n], NULL);
    }
    free(made);
    if (queue.status != SC_OK) {
        return sc_fail(error, queue.status, "%s", queue.error.text);
    }
    return SC_OK;
}
