/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/examine_state.h"
#include "fuzz/linear.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Runs with other values of V, in which O is linear. */

/* What a run made of a case that was made for it. */
struct made {
    struct sc_prepared prepared;
    struct sc_outcome outcome;
    bool done;
};

static void made_destroy(struct made *made)
{
    sc_outcome_destroy(&made->outcome);
    sc_prepared_destroy(&made->prepared);
}

static struct sc_answer answer(const struct made *made)
{
    return (struct sc_answer){&made->prepared, &made->outcome};
}

/* Runs a case, and holds it against its own exact results. *made holds nothing after a failure. */
static enum sc_status run(struct sc_examine_state *my, enum sc_check check, struct made *made,
                          struct sc_error *error)
{
    const struct sc_worker_call call = {my->backward, sc_examine_seed(my), true};
    char what[64];

    (void)snprintf(what, sizeof what, "the variant of check %s", sc_check_name(check));
    enum sc_status status =
        sc_examine_run(my, &made->prepared, &call, what, &made->outcome, &made->done, error);
    if (status == SC_OK && made->done) {
        const struct sc_answer other = answer(made);
        status = sc_examine_judge(my, check, &other, error);
    }
    if (status != SC_OK) {
        made_destroy(made);
    }
    return status;
}

/* O of the case and of others against each other, within the bounds of what is declared. */
static enum sc_status balance(struct sc_examine_state *my, enum sc_check check,
                              const struct sc_answer *answers, const double *factors, int32_t count,
                              struct sc_error *error)
{
    struct sc_element element;
    bool differs = false;
    char where[256];

    if (!my->models.claimed) {
        return SC_OK;
    }
    const enum sc_status status =
        sc_linear_bounds(answers, factors, count, &my->models.list[1].arithmetic, &differs,
                         &element, where, sizeof where, error);
    if (status == SC_OK && differs) {
        sc_examine_fail(my, check, &element, "%s", where);
    }
    return status;
}

bool sc_examine_scales(const struct sc_examine_state *my)
{
    return (my->runner->kernel->traits.features & SC_KERNEL_DETERMINISTIC) != 0 &&
           sc_linear_exact(my->models.claimed ? &my->models.list[1].arithmetic : NULL,
                           &my->prepared->c.problem);
}

enum sc_status sc_examine_scaled(struct sc_examine_state *my, struct sc_error *error)
{
    const int32_t exponent = sc_linear_exponent(my->prepared);
    const double factors[2] = {1.0, -ldexp(1.0, -exponent)};
    struct made made;
    int64_t held = 0;

    memset(&made, 0, sizeof made);
    enum sc_status status = sc_linear_scaled(my->prepared, exponent, &made.prepared, error);
    if (status == SC_OK) {
        status = run(my, SC_CHECK_SCALED, &made, error);
    }
    if (status != SC_OK) {
        return status;
    }
    if (made.done) {
        const struct sc_answer answers[2] = {{my->prepared, &my->outcome}, answer(&made)};
        struct sc_element element;
        char where[256];
        if (sc_examine_scales(my) && sc_linear_bits(&answers[0], &answers[1], exponent, &held,
                                                    &element, where, sizeof where)) {
            sc_examine_fail(my, SC_CHECK_SCALED, &element, "%s", where);
        }
        if (held > 0 || my->models.claimed || my->prepared->recipe.values == SC_VALUES_EXACT) {
            my->found->checked |= 1u << SC_CHECK_SCALED;
        }
        status = balance(my, SC_CHECK_SCALED, answers, factors, 2, error);
    }
    made_destroy(&made);
    return status;
}

enum sc_status sc_examine_split(struct sc_examine_state *my, struct sc_error *error)
{
    static const double factors[SC_LINEAR_ANSWERS] = {1.0, -1.0, -1.0};
    struct made parts[2];
    enum sc_status status = SC_OK;

    memset(parts, 0, sizeof parts);
    for (int32_t n = 0; status == SC_OK && n < 2; n++) {
        status = sc_linear_part(my->prepared, n == 0, &parts[n].prepared, error);
        if (status == SC_OK) {
            status = run(my, SC_CHECK_SPLIT, &parts[n], error);
        }
    }
    if (status == SC_OK && parts[0].done && parts[1].done) {
        const struct sc_answer answers[SC_LINEAR_ANSWERS] = {
            {my->prepared, &my->outcome}, answer(&parts[0]), answer(&parts[1])};
        my->found->checked |= 1u << SC_CHECK_SPLIT;
        status = balance(my, SC_CHECK_SPLIT, answers, factors, SC_LINEAR_ANSWERS, error);
    }
    made_destroy(&parts[0]);
    made_destroy(&parts[1]);
    return status;
}
