/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/examine.h"

#include "fuzz/examine_state.h"
#include "fuzz/finite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sc_examine_options sc_examine_defaults(void)
{
    return (struct sc_examine_options){sc_assess_defaults(),  false, false, 1, 2,
                                       (1u << SC_CHECKS) - 1u};
}

bool sc_examine_wants(const struct sc_examine_state *my, enum sc_check check)
{
    return (my->options->checks >> check & 1u) != 0;
}

uint64_t sc_examine_seed(const struct sc_examine_state *my)
{
    return my->prepared->hash;
}

void sc_examine_fail(struct sc_examine_state *my, enum sc_check check,
                     const struct sc_element *element, const char *format, ...)
{
    struct sc_examination *found = my->found;
    va_list arguments;

    if (!sc_examine_wants(my, check)) {
        return;
    }
    found->failed |= 1u << check;
    if (check >= found->first) {
        return;
    }
    found->first = check;
    va_start(arguments, format);
    (void)vsnprintf(found->text, sizeof found->text, format, arguments);
    va_end(arguments);
    if (element != NULL) {
        found->element = *element;
    }
}

void sc_examine_describe(const struct sc_element *element, char *text, size_t room)
{
    char name[96];

    sc_related_name(element, name, sizeof name);
    if (element->low == element->high) {
        (void)snprintf(text, room, "%s is %a, exact %a, bound %.3g", name, element->out,
                       element->low, element->bound);
    } else {
        (void)snprintf(text, room, "%s is %a, exact in [%a, %a], bound %.3g, %.3g times that", name,
                       element->out, element->low, element->high, element->bound, element->ratio);
    }
}

static void note(struct sc_examine_state *my, enum sc_check check)
{
    my->found->checked |= sc_examine_wants(my, check) ? 1u << check : 0u;
}

/* The checks that a run which was not refused has passed or failed by its end. */
static void check_ending(struct sc_examine_state *my, const struct sc_outcome *outcome,
                         const char *what)
{
    static const struct {
        enum sc_ending ending;
        enum sc_check check;
    } rows[] = {{SC_ENDING_CRASHED, SC_CHECK_CRASH},
                {SC_ENDING_HUNG, SC_CHECK_HANG},
                {SC_ENDING_GARBLED, SC_CHECK_PROTOCOL},
                {SC_ENDING_FAULT, SC_CHECK_FAULT},
                {SC_ENDING_FAILED, SC_CHECK_FAILED}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        note(my, rows[r].check);
        if (outcome->ending == rows[r].ending) {
            sc_examine_fail(my, rows[r].check, NULL, "%s: %s", what, outcome->text);
        }
    }
}

static void check_damage(struct sc_examine_state *my, const struct sc_outcome *outcome,
                         const char *what)
{
    const struct sc_damage *damage = &outcome->damage;
    const struct {
        enum sc_check check;
        int64_t count;
        const char *unit;
    } rows[] = {{SC_CHECK_UNWRITTEN, damage->unwritten, "elements"},
                {SC_CHECK_OVERWRITE, damage->overwritten, "bytes"},
                {SC_CHECK_INPUT, damage->inputs, "bytes"}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        note(my, rows[r].check);
        if (rows[r].count > 0) {
            sc_examine_fail(my, rows[r].check, NULL, "%s: %lld %s: %s", what,
                            (long long)rows[r].count, rows[r].unit, damage->where);
        }
    }
}

enum sc_status sc_examine_run(struct sc_examine_state *my, const struct sc_prepared *prepared,
                              const struct sc_worker_call *call, const char *what,
                              struct sc_outcome *outcome, bool *done, struct sc_error *error)
{
    const enum sc_status status = my->runner->run(my->runner->self, prepared, call, outcome, error);

    *done = false;
    if (status != SC_OK) {
        return status;
    }
    my->found->runs++;
    if (outcome->ending != SC_ENDING_REFUSED) {
        check_ending(my, outcome, what);
        check_damage(my, outcome, what);
    }
    *done = outcome->ending == SC_ENDING_DONE;
    return SC_OK;
}

static bool weak(const struct sc_examine_state *my)
{
    const struct sc_assessment *x = &my->found->assessment;

    return x->strength > my->options->assess.weak ||
           (x->claimed ? x->conforms : x->accurate).undecided > 0;
}

static void check_standing(struct sc_examine_state *my, enum sc_check check,
                           const struct sc_standing *standing, const char *model)
{
    char text[320];

    note(my, check);
    if (standing->beyond > 0) {
        sc_examine_describe(&standing->worst, text, sizeof text);
        sc_examine_fail(my, check, &standing->worst, "%lld of %lld elements, %s; %s",
                        (long long)standing->beyond, (long long)standing->judged, text, model);
    }
}

/* Of an unknown arithmetic: what is finite in any. */
static void check_special(struct sc_examine_state *my)
{
    struct sc_element element;
    char name[96];
    bool any = false;
    const bool broken = sc_finite_broken(my->prepared, &my->outcome, &element, &any);

    if (any || broken) {
        note(my, SC_CHECK_SPECIAL);
    }
    if (broken) {
        sc_related_name(&element, name, sizeof name);
        sc_examine_fail(my, SC_CHECK_SPECIAL, &element,
                        "%s is %a, and nothing on the way to it can overflow", name, element.out);
    }
}

/* The outputs of the first run against the exact results. */
static enum sc_status check_results(struct sc_examine_state *my, struct sc_error *error)
{
    struct sc_assessment *x = &my->found->assessment;
    const enum sc_status status =
        sc_assess(my->prepared, my->runner->kernel, &my->outcome, &my->options->assess, x, error);
    char text[320];

    if (status != SC_OK) {
        return status;
    }
    if (x->exact_judged > 0) {
        note(my, SC_CHECK_EXACT);
    }
    if (x->wrong_bits > 0) {
        sc_examine_describe(&x->first_wrong, text, sizeof text);
        sc_examine_fail(my, SC_CHECK_EXACT, &x->first_wrong, "%lld of %lld elements, %s",
                        (long long)x->wrong_bits, (long long)x->exact_judged, text);
    }
    if (x->claimed) {
        check_standing(my, SC_CHECK_CONFORMS, &x->conforms, x->model);
    } else if (sc_examine_wants(my, SC_CHECK_SPECIAL)) {
        check_special(my);
    }
    if (my->options->require_accuracy) {
        check_standing(my, SC_CHECK_ACCURATE, &x->accurate, "the accuracy asked for");
    }
    my->found->weak = weak(my);
    if (my->options->strict && my->found->weak) {
        sc_examine_fail(my, SC_CHECK_CONFORMS, &x->conforms.worst,
                        "a weak pass: the median bound of O is %.3g units of sum p |v|, %lld "
                        "elements are undecided",
                        x->strength, (long long)x->conforms.undecided);
    }
    return SC_OK;
}

enum sc_status sc_examine(const struct sc_runner *runner, const struct sc_prepared *prepared,
                          const struct sc_examine_options *options, struct sc_examination *found,
                          struct sc_error *error)
{
    struct sc_examine_state *my = calloc(1, sizeof *my);
    bool done = false;

    if (my == NULL) {
        return sc_fail(error, SC_E_MEMORY, "examine: no memory");
    }
    memset(found, 0, sizeof *found);
    found->first = SC_CHECKS;
    found->element.result = SC_RESULTS;
    my->runner = runner;
    my->prepared = prepared;
    my->options = options;
    my->found = found;
    my->backward = prepared->recipe.backward;
    const struct sc_worker_call call = {my->backward, sc_examine_seed(my), true};
    enum sc_status status =
        sc_models_set(runner->kernel->arithmetic, &prepared->c.problem, &my->models, error);
    if (status == SC_OK) {
        status = sc_examine_run(my, prepared, &call, "the case", &my->outcome, &done, error);
    }
    if (status == SC_OK) {
        found->ending = my->outcome.ending;
        found->refused = my->outcome.ending == SC_ENDING_REFUSED;
        if (found->refused) {
            (void)strcpy(found->text, my->outcome.text);
        }
    }
    if (status == SC_OK && done) {
        status = check_results(my, error);
    }
    if (status == SC_OK && done && found->failed == 0) {
        status = sc_examine_variants(my, error);
    }
    sc_outcome_destroy(&my->outcome);
    free(my);
    return status;
}
