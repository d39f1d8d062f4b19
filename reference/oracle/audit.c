/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/audit.h"

#include "reference/random.h"

#include <stdbool.h>
#include <stdlib.h>

#define ONE_IN  1024
#define AT_ONCE 16

/* Whether a place is audited: a fixed choice that follows no structure of masks or tiles. */
static bool picked(int32_t b, int32_t head, int32_t index, int64_t audited)
{
    struct sc_random random = {((uint64_t)(uint32_t)b << 48) ^ ((uint64_t)(uint32_t)head << 32) ^
                               (uint32_t)index};

    return audited == 0 || sc_random_bits(&random) % ONE_IN == 0;
}

/* The next places to look at: entries of the list from *next on. Returns their number. */
static int32_t pick(int32_t b, int32_t head, const int32_t *list, int32_t count, int32_t *next,
                    int32_t *places, int64_t *audited)
{
    int32_t found = 0;

    while (*next < count && found < AT_ONCE) {
        if (picked(b, head, list[*next], *audited)) {
            places[found++] = *next;
            (*audited)++;
        }
        (*next)++;
    }
    return found;
}

/* One result of each audited entry: what the two tiers say. `width` channels. */
static enum sc_status compare(const char *what, int32_t b, int32_t head, const int32_t *list,
                              const int32_t *places, int32_t count, int64_t width,
                              const struct sc_enclosure *found, const struct sc_enclosure *balls,
                              struct sc_error *error)
{
    for (int32_t n = 0; found != NULL && n < count; n++) {
        for (int64_t c = 0; c < width; c++) {
            const struct sc_enclosure x = found[places[n] * width + c], y = balls[n * width + c];
            if (!(x.lo <= y.hi && y.lo <= x.hi)) {
                return sc_fail(error, SC_E_UNAVAILABLE,
                               "oracle: fp64 [%a, %a] and arb [%a, %a] do not meet at %s (sequence "
                               "%d, head %d, index %d, channel %lld): one is wrong on this machine",
                               x.lo, x.hi, y.lo, y.hi, what, b, head, list[places[n]],
                               (long long)c);
            }
        }
    }
    return SC_OK;
}

/* Room for the results of AT_ONCE entries that are wanted as `found` is. */
static struct sc_enclosure *room(const struct sc_enclosure *found, int64_t width, bool *failed)
{
    struct sc_enclosure *result = NULL;

    if (found != NULL) {
        result = malloc((size_t)width * AT_ONCE * sizeof *result + 1);
        *failed = *failed || result == NULL;
    }
    return result;
}

enum sc_status sc_audit_rows(const struct sc_problem *problem, void *balls, int32_t b, int32_t h,
                             const int32_t *list, int32_t count,
                             const struct sc_row_enclosures *found, int64_t *audited,
                             struct sc_error *error)
{
    const int64_t n_k = sc_problem_keys(problem, b);
    int32_t next = 0, places[AT_ONCE], rows[AT_ONCE], picks;
    bool failed = false;
    struct sc_row_enclosures wanted = {NULL, NULL, NULL};
    enum sc_status status = SC_OK;

    while (status == SC_OK && (picks = pick(b, h, list, count, &next, places, audited)) > 0) {
        if (wanted.p == NULL && wanted.o == NULL && wanted.d_q == NULL) {
            wanted.p = room(found->p, n_k, &failed);
            wanted.o = room(found->o, problem->d_v, &failed);
            wanted.d_q = room(found->d_q, problem->d, &failed);
        }
        for (int32_t n = 0; n < picks; n++) {
            rows[n] = list[places[n]];
        }
        status = failed ? sc_fail(error, SC_E_MEMORY, "oracle: no memory to audit a row")
                        : sc_tier_arb.rows(balls, b, h, rows, picks, &wanted, error);
        if (status == SC_OK) {
            status = compare("P", b, h, list, places, picks, n_k, found->p, wanted.p, error);
        }
        if (status == SC_OK) {
            status =
                compare("O", b, h, list, places, picks, problem->d_v, found->o, wanted.o, error);
        }
        if (status == SC_OK) {
            status =
                compare("dQ", b, h, list, places, picks, problem->d, found->d_q, wanted.d_q, error);
        }
    }
    free(wanted.d_q);
    free(wanted.o);
    free(wanted.p);
    return status;
}

enum sc_status sc_audit_keys(const struct sc_problem *problem, void *balls, int32_t b, int32_t g,
                             const int32_t *list, int32_t count,
                             const struct sc_key_enclosures *found, int64_t *audited,
                             struct sc_error *error)
{
    int32_t next = 0, places[AT_ONCE], keys[AT_ONCE], picks;
    bool failed = false;
    struct sc_key_enclosures wanted = {NULL, NULL};
    enum sc_status status = SC_OK;

    while (status == SC_OK && (picks = pick(b, g, list, count, &next, places, audited)) > 0) {
        if (wanted.d_k == NULL && wanted.d_v == NULL) {
            wanted.d_k = room(found->d_k, problem->d, &failed);
            wanted.d_v = room(found->d_v, problem->d_v, &failed);
        }
        for (int32_t n = 0; n < picks; n++) {
            keys[n] = list[places[n]];
        }
        status = failed ? sc_fail(error, SC_E_MEMORY, "oracle: no memory to audit a key")
                        : sc_tier_arb.keys(balls, b, g, keys, picks, &wanted, error);
        if (status == SC_OK) {
            status =
                compare("dK", b, g, list, places, picks, problem->d, found->d_k, wanted.d_k, error);
        }
        if (status == SC_OK) {
            status = compare("dV", b, g, list, places, picks, problem->d_v, found->d_v, wanted.d_v,
                             error);
        }
    }
    free(wanted.d_v);
    free(wanted.d_k);
    return status;
}
