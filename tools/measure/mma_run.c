/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/mma_run.h"

#include "reference/parallel.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TILE_MAGIC   0x314d4d41u
#define HEADER_BYTES 16
#define TILE_BYTES   ((SC_MMA_A + SC_MMA_B) * 2 + 2 * SC_MMA_C * 4)

enum sc_mma_category sc_mma_group_category(int32_t group)
{
    return (enum sc_mma_category)(group / 2);
}

enum sc_format sc_mma_group_format(int32_t group)
{
    return group % 2 == 1 ? SC_FORMAT_BF16 : SC_FORMAT_FP16;
}

/* A job is a batch; those of a group follow each other. */
struct run {
    const struct sc_mma_plan *plan;
    const struct sc_mma_machine *machine;
    struct sc_mma_tally *tallies; /* of each job */
    int64_t first_job[SC_MMA_GROUPS + 1];
    size_t record_at[SC_MMA_GROUPS + 1]; /* bytes */
    unsigned char *record;
    pthread_mutex_t one; /* of the machine and the progress */
    int64_t done;
};

static int32_t steps_of(int32_t group)
{
    return sc_mma_category_steps(sc_mma_group_category(group));
}

static int32_t tiles_of_batch(const struct run *run, int32_t group)
{
    return run->machine->slots / steps_of(group);
}

static void put(unsigned char **at, uint32_t value, int32_t bytes)
{
    for (int32_t n = 0; n < bytes; n++) {
        *(*at)++ = (unsigned char)(value >> 8 * n);
    }
}

/* A step as a tile of the record. */
static void record_step(unsigned char *at, const uint16_t *a, const uint16_t *b, const uint32_t *c,
                        const uint32_t *d)
{
    for (int32_t n = 0; n < SC_MMA_A; n++) {
        put(&at, a[n], 2);
    }
    for (int32_t n = 0; n < SC_MMA_B; n++) {
        put(&at, b[n], 2);
    }
    for (int32_t n = 0; n < SC_MMA_C; n++) {
        put(&at, c[n], 4);
    }
    for (int32_t n = 0; n < SC_MMA_C; n++) {
        put(&at, d[n], 4);
    }
}

/* Those tiles of a batch that are on record, into their places: no two batches share one. */
static void record(const struct run *run, int32_t group, int64_t first,
                   const struct sc_mma_batch *batch)
{
    const int64_t spread = run->plan->tiles / SC_MMA_RECORDED;

    for (int32_t n = 0; n < batch->tiles; n++) {
        const int64_t tile = first + n;
        if (tile % spread != 0 || tile / spread >= SC_MMA_RECORDED) {
            continue;
        }
        unsigned char *at = run->record + run->record_at[group] + HEADER_BYTES +
                            (size_t)(tile / spread) * (size_t)batch->steps * TILE_BYTES;
        const uint32_t *c = batch->c + (int64_t)n * SC_MMA_C;
        for (int64_t step = (int64_t)n * batch->steps; step < (int64_t)(n + 1) * batch->steps;
             step++, at += TILE_BYTES) {
            const uint32_t *const d = batch->d + step * SC_MMA_C;
            record_step(at, batch->a + step * SC_MMA_A, batch->b + step * SC_MMA_B, c, d);
            c = d;
        }
    }
}

static void lay_out(struct run *run)
{
    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        const int32_t batch = tiles_of_batch(run, group);
        run->first_job[group + 1] = run->first_job[group] + (run->plan->tiles + batch - 1) / batch;
        run->record_at[group + 1] = run->record_at[group] + HEADER_BYTES +
                                    (size_t)SC_MMA_RECORDED * (size_t)steps_of(group) * TILE_BYTES;
    }
}

static void record_headers(const struct run *run)
{
    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        unsigned char *at = run->record + run->record_at[group];
        put(&at, TILE_MAGIC, 4);
        put(&at,
            (sc_mma_group_format(group) == SC_FORMAT_BF16 ? 1u : 0u) |
                (run->plan->products == SC_PRODUCTS_GROUP ? 2u : 0u),
            4);
        put(&at, (uint32_t)sc_mma_group_category(group), 4);
        put(&at, (uint32_t)(SC_MMA_RECORDED * steps_of(group)), 4);
    }
}

static void show(struct run *run)
{
    run->done++;
    if (run->plan->progress) {
        (void)fprintf(stderr, "\r\033[Ktensor: batch %lld of %lld", (long long)run->done,
                      (long long)run->first_job[SC_MMA_GROUPS]);
    }
}

/* One batch, drawn, answered, compared. */
static enum sc_status run_job(struct run *run, int64_t job, struct sc_mma_batch *batch,
                              struct sc_error *error)
{
    int32_t group = 0;

    while (job >= run->first_job[group + 1]) {
        group++;
    }
    const enum sc_mma_category category = sc_mma_group_category(group);
    const int64_t first = (job - run->first_job[group]) * tiles_of_batch(run, group);
    const int64_t left = run->plan->tiles - first;
    batch->format = sc_mma_group_format(group);
    batch->steps = steps_of(group);
    batch->tiles = tiles_of_batch(run, group);
    batch->tiles = batch->tiles < left ? batch->tiles : (int32_t)left;
    sc_mma_draw(category, run->plan->seed, first, batch);
    /* An answer that does not come is not taken for the last one. */
    memset(batch->d, 0xa5,
           (size_t)batch->tiles * (size_t)batch->steps * SC_MMA_C * sizeof *batch->d);
    (void)pthread_mutex_lock(&run->one);
    const enum sc_status status = run->machine->multiply(run->machine->context, batch, error);
    show(run);
    (void)pthread_mutex_unlock(&run->one);
    if (status == SC_OK) {
        sc_mma_compare(category, first, batch, &run->tallies[job]);
        record(run, group, first, batch);
    }
    return status;
}

static enum sc_status work(struct sc_parallel *queue, void *context, struct sc_error *error)
{
    struct run *const run = context;
    const size_t slots = (size_t)run->machine->slots;
    struct sc_mma_batch batch = {.a = malloc(slots * SC_MMA_A * sizeof *batch.a),
                                 .b = malloc(slots * SC_MMA_B * sizeof *batch.b),
                                 .c = malloc(slots * SC_MMA_C * sizeof *batch.c),
                                 .d = malloc(slots * SC_MMA_C * sizeof *batch.d)};
    enum sc_status status = SC_OK;

    if (batch.a == NULL || batch.b == NULL || batch.c == NULL || batch.d == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "tensor: no memory for a batch");
    }
    while (status == SC_OK) {
        const int64_t job = sc_parallel_next(queue);
        if (job < 0) {
            break;
        }
        status = run_job(run, job, &batch, error);
    }
    free(batch.a);
    free(batch.b);
    free(batch.c);
    free(batch.d);
    return status;
}

enum sc_status sc_mma_run(const struct sc_mma_plan *plan, const struct sc_mma_machine *machine,
                          struct sc_mma_result *result, struct sc_error *error)
{
    struct run run = {.plan = plan, .machine = machine, .one = PTHREAD_MUTEX_INITIALIZER};
    enum sc_status status = SC_OK;

    memset(result, 0, sizeof *result);
    if (machine->slots < SC_MMA_STEPS_MAX || plan->tiles < SC_MMA_RECORDED) {
        return sc_fail(error, SC_E_INPUT, "tensor: %lld tiles, %d slots, expected %d at least",
                       (long long)plan->tiles, machine->slots, SC_MMA_RECORDED);
    }
    lay_out(&run);
    const int64_t jobs = run.first_job[SC_MMA_GROUPS];
    run.record = calloc(1, run.record_at[SC_MMA_GROUPS]);
    run.tallies = calloc((size_t)jobs, sizeof *run.tallies);
    if (run.record == NULL || run.tallies == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "tensor: no memory for %lld batches", (long long)jobs);
        goto done;
    }
    record_headers(&run);
    status = sc_parallel_run(plan->threads, jobs, work, &run, error);
    if (plan->progress) {
        (void)fputs("\r\033[K", stderr);
    }
    for (int32_t group = 0; status == SC_OK && group < SC_MMA_GROUPS; group++) {
        for (int64_t job = run.first_job[group]; job < run.first_job[group + 1]; job++) {
            sc_mma_merge(&result->groups[group], &run.tallies[job]);
        }
    }
done:
    if (status == SC_OK) {
        result->record = run.record;
        result->record_bytes = run.record_at[SC_MMA_GROUPS];
    } else {
        free(run.record);
    }
    free(run.tallies);
    return status;
}

void sc_mma_result_destroy(struct sc_mma_result *result)
{
    free(result->record);
    memset(result, 0, sizeof *result);
}
