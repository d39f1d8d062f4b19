/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/replay/probe.h"

#include "fuzz/assess.h"

#include <stdio.h>
#include <string.h>

struct probe {
    const struct sc_problem *p;
    struct sc_picture *picture;
    int32_t b, head;
    int32_t first_key; /* that channel 0 of this run shows */
};

static bool visible(const struct probe *probe, int32_t row, int32_t key)
{
    return key < sc_problem_keys(probe->p, probe->b) &&
           sc_problem_visible(probe->p, probe->b, probe->head, row, key);
}

static void see(void *context, const struct sc_element *element, enum sc_verdict verdict)
{
    const struct probe *probe = context;
    const int32_t key = probe->first_key + element->channel;
    const bool known = verdict == SC_VERDICT_PASS || verdict == SC_VERDICT_FAIL;

    if (element->result == SC_RESULT_O && element->b == probe->b && element->head == probe->head &&
        key < probe->picture->columns) {
        sc_picture_set(probe->picture, element->index, key,
                       (visible(probe, element->index, key) ? SC_PICTURE_VISIBLE : 0u) |
                           (known ? SC_PICTURE_KNOWN : 0u) |
                           (verdict == SC_VERDICT_FAIL ? SC_PICTURE_WRONG : 0u),
                       element->ratio);
    }
}

/* V of 0, with a 1 at channel c of key first_key + c of the sequence. */
static void set_values(const struct sc_problem *p, float *v, const struct probe *probe)
{
    const int32_t head = sc_problem_group_head(p, probe->head);
    const int32_t entry = sc_problem_entry(p, probe->b);
    const int32_t first = sc_problem_first_key(p, probe->b);
    const int32_t room = sc_problem_key_room(p, probe->b);

    memset(v, 0, (size_t)p->v.size * sizeof *v);
    for (int32_t c = 0; c < p->d_v && probe->first_key + c < room; c++) {
        v[sc_layout_row(&p->v, entry, head, first + probe->first_key + c,
                        sc_problem_tensor_batch(p), p->heads_kv, p->n_k, p->d_v) +
          c] = 1.0f;
    }
}

static enum sc_status run(const struct sc_runner *runner, const struct sc_prepared *prepared,
                          struct probe *probe, char *why, size_t room, struct sc_error *error)
{
    const struct sc_worker_call call = {.seed = 1, .fresh_workspace = true};
    struct sc_assess_options options = sc_assess_defaults();
    struct sc_outcome outcome;
    struct sc_assessment assessment;

    memset(&outcome, 0, sizeof outcome);
    enum sc_status status = runner->run(runner->self, prepared, &call, &outcome, error);
    if (status == SC_OK && outcome.ending != SC_ENDING_DONE) {
        (void)snprintf(why, room, "the kernel did not end well with a one-hot V: %.200s",
                       outcome.text);
    } else if (status == SC_OK) {
        options.see = see;
        options.context = probe;
        status = sc_assess(prepared, runner->kernel, &outcome, &options, &assessment, error);
    }
    sc_outcome_destroy(&outcome);
    return status;
}

/* The case with its V in the way of a probe. */
static struct sc_recipe probed(const struct sc_recipe *recipe)
{
    struct sc_recipe r = *recipe;

    r.hidden = SC_HIDDEN_DRAWN;
    r.backward = false;
    r.hashed = false;
    r.places[SC_TENSOR_V].strided = false;
    for (int32_t n = r.patches_count - 1; n >= 0; n--) {
        if (r.patches[n].tensor == SC_TENSOR_V || r.patches[n].tensor == SC_TENSOR_D_O) {
            r.patches[n] = r.patches[--r.patches_count];
        }
    }
    return r;
}

enum sc_status sc_probe(const struct sc_runner *runner, const struct sc_prepared *prepared,
                        int32_t b, int32_t head, struct sc_picture *picture, char *why, size_t room,
                        struct sc_error *error)
{
    const struct sc_problem *p = &prepared->c.problem;
    const int32_t rows = sc_problem_rows(p, b), keys = sc_problem_key_room(p, b);
    const struct sc_recipe recipe = probed(&prepared->recipe);
    struct sc_prepared mine;
    char title[96];

    memset(picture, 0, sizeof *picture);
    memset(&mine, 0, sizeof mine);
    why[0] = '\0';
    if (rows < 1 || keys < 1 || keys > SC_PROBE_KEYS_MAX) {
        (void)snprintf(why, room, "%d rows and %d keys, of 1 to %d that are shown", rows, keys,
                       SC_PROBE_KEYS_MAX);
        return SC_OK;
    }
    (void)snprintf(title, sizeof title, "P of sequence %d, head %d", b, head);
    enum sc_status status = sc_picture_create(title, "row", "key", rows, keys, picture, error);
    if (status == SC_OK) {
        status = sc_prepared_create(&recipe, &mine, error);
    }
    struct probe probe = {.p = &mine.c.problem, .picture = picture, .b = b, .head = head};
    for (; status == SC_OK && why[0] == '\0' && probe.first_key < keys; probe.first_key += p->d_v) {
        set_values(&mine.c.problem, mine.c.v, &probe);
        mine.hash = sc_prepared_hash(&mine);
        status = run(runner, &mine, &probe, why, room, error);
    }
    sc_prepared_destroy(&mine);
    if (status != SC_OK || why[0] != '\0') {
        sc_picture_destroy(picture);
    }
    return status;
}
