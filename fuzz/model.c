/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/model.h"

#include "fuzz/traits.h"
#include "reference/judge/arithmetic_model.h"

#include <stdio.h>

static bool same_schedule(const struct sc_schedule *x, const struct sc_schedule *y)
{
    return x->core == y->core && x->score == y->score && x->format_p == y->format_p &&
           x->split_keys == y->split_keys;
}

static bool same(const struct sc_kernel_arithmetic *x, const struct sc_kernel_arithmetic *y)
{
    return same_schedule(&x->schedule, &y->schedule) && x->activation == y->activation &&
           x->order == y->order && x->tile == y->tile && x->terms == y->terms &&
           x->parts == y->parts && x->part_format == y->part_format && x->group == y->group &&
           x->group_format == y->group_format && x->spread == y->spread && x->flush == y->flush &&
           x->truncate == y->truncate;
}

static void add(struct sc_models *models, const struct sc_kernel_arithmetic *arithmetic,
                const char *text)
{
    struct sc_model *model = &models->list[models->count];

    model->arithmetic = *arithmetic;
    model->same_as = 0;
    while (!same(&models->list[model->same_as].arithmetic, arithmetic)) {
        model->same_as++;
    }
    (void)snprintf(model->text, sizeof model->text, "%s", text);
    models->count++;
}

/* The candidates have names and no tables: nothing points into what is parsed here. */
static enum sc_status add_candidates(const struct sc_problem *problem, struct sc_models *models,
                                     struct sc_error *error)
{
    const char *const *texts = sc_arithmetic_candidates(problem);
    enum sc_status status = SC_OK;

    for (int32_t n = 0; status == SC_OK && texts[n] != NULL && models->count < SC_MODELS_MAX; n++) {
        struct sc_arithmetic_text parsed;
        struct sc_kernel_arithmetic arithmetic;
        status = sc_arithmetic_parse(texts[n], &parsed, error);
        if (status == SC_OK) {
            status = sc_arithmetic_resolve(&parsed, problem, &arithmetic, error);
        }
        if (status == SC_OK) {
            add(models, &arithmetic, texts[n]);
        }
    }
    return status;
}

enum sc_status sc_models_set(const char *text, const struct sc_problem *problem,
                             struct sc_models *models, struct sc_error *error)
{
    const struct sc_kernel_arithmetic best = sc_arithmetic_best(problem);
    struct sc_kernel_arithmetic declared;
    char part[SC_ARITHMETIC_TEXT_BYTES];

    models->claimed = false;
    models->count = 0;
    add(models, &best, "the best of these formats");
    if (!sc_traits_arithmetic(text, problem->format_in, part, sizeof part)) {
        return sc_fail(error, SC_E_INPUT, "arithmetic: a text of more than %d bytes",
                       SC_ARITHMETIC_TEXT_BYTES - 1);
    }
    const enum sc_status status = sc_arithmetic_parse(part, &models->declared, error);
    if (status != SC_OK) {
        return status;
    }
    struct sc_error none;
    if (sc_arithmetic_resolve(&models->declared, problem, &declared, &none) != SC_OK) {
        return add_candidates(problem, models, error);
    }
    models->claimed = true;
    add(models, &declared, part);
    return SC_OK;
}
