/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/assess_state.h"
#include "spec/format_value.h"

#include <math.h>

struct question {
    const struct sc_assess_state *my;
    const struct sc_oracle_source *source;
    const struct sc_kernel_bound *bounds; /* of the first model; the others are a line apart */
    enum sc_format format;
    double out, expected; /* NaN: there are no exact bits */
    bool empty;
};

static struct sc_claim claim_of(const struct question *x, int32_t model)
{
    const struct sc_assess_state *my = x->my;

    return (struct sc_claim){x->bounds[my->models.list[model].same_as * sc_assess_width(my->p)],
                             x->format, model == 0 ? my->options->accuracy : 1.0};
}

static enum sc_verdict verdict_of(const struct question *x, int32_t model,
                                  struct sc_enclosure exact)
{
    const struct sc_claim claim = claim_of(x, model);

    return sc_claim_judge(&claim, x->out, exact, sc_oracle_classify(exact, x->empty));
}

static double round_to(enum sc_format format, double x)
{
    return sc_format_decode(format, sc_format_encode(format, x));
}

/* Whether an output has other bits than the exact result: not, for certain, or perhaps. What sees nothing is +0. */
static enum sc_verdict bits_verdict(const struct question *x, struct sc_enclosure exact)
{
    if (x->empty) {
        return x->out == 0.0 && !signbit(x->out) ? SC_VERDICT_PASS : SC_VERDICT_FAIL;
    }
    if (isnan(x->expected)) {
        return SC_VERDICT_UNJUDGED;
    }
    if (x->out == x->expected) {
        return SC_VERDICT_PASS;
    }
    const bool outside = isnan(x->out) || x->out < round_to(x->format, exact.lo) ||
                         x->out > round_to(x->format, exact.hi);
    return outside ? SC_VERDICT_FAIL : SC_VERDICT_UNDECIDED;
}

/* Whether a verdict may stand on an enclosure of this source. */
static bool stands(const struct question *x, enum sc_verdict verdict)
{
    if (verdict == SC_VERDICT_FAIL) {
        return x->empty || x->source->tier != sc_tier_fp64.name ||
               x->my->confirmed >= SC_ASSESS_CONFIRMED;
    }
    return verdict != SC_VERDICT_UNDECIDED;
}

static bool decided(const void *context, struct sc_enclosure exact)
{
    const struct question *x = context;

    return stands(x, verdict_of(x, 0, exact)) &&
           (!x->my->models.claimed || stands(x, verdict_of(x, 1, exact))) &&
           stands(x, bits_verdict(x, exact));
}

/* SC_E_UNAVAILABLE if two accounts of the exact result contradict each other. */
static enum sc_status agree(const struct question *x, const struct sc_oracle_element *at,
                            struct sc_enclosure before, struct sc_enclosure exact,
                            struct sc_error *error)
{
    const bool meet = before.lo <= exact.hi && exact.lo <= before.hi;
    const bool holds = isnan(x->expected) || (round_to(x->format, exact.lo) <= x->expected &&
                                              x->expected <= round_to(x->format, exact.hi));

    if (meet && holds) {
        return SC_OK;
    }
    return sc_fail(error, SC_E_UNAVAILABLE,
                   "assess: [%a, %a], [%a, %a] and the exact %a do not meet at output %d "
                   "(sequence %d, head %d, index %d, channel %d): one is wrong on this machine",
                   before.lo, before.hi, exact.lo, exact.hi, x->expected, (int)at->output, at->b,
                   at->head, at->index, at->channel);
}

/* Counts a bound of O. Whether it is weak. */
static bool weigh(struct sc_assess_state *my, const struct question *x, int32_t model, double bound)
{
    const double size = claim_of(x, model).bound.size;
    const double least = fmax(sc_format_ulp(x->format, 0.0), SC_ASSESS_LEAST);
    const double strength = bound / fmax(size * my->unit, least);

    if (!(bound > 0.0) || !isfinite(bound)) {
        return false;
    }
    if (model == (my->models.claimed ? 1 : 0)) {
        my->strengths[my->strengths_count++] = strength;
    }
    return strength > my->options->weak;
}

static void count_bits(struct sc_assess_state *my, enum sc_verdict verdict,
                       const struct sc_element *at)
{
    my->found->exact_judged += verdict == SC_VERDICT_PASS || verdict == SC_VERDICT_FAIL;
    if (verdict == SC_VERDICT_FAIL) {
        if (my->found->wrong_bits == 0) {
            my->found->first_wrong = *at;
            my->found->first_wrong.bound = 0.0;
            my->found->first_wrong.ratio = HUGE_VAL;
        }
        my->found->wrong_bits++;
    }
}

/* Shows an element to whoever wants to see it. */
static void show(const struct sc_assess_state *my, const struct question *x, struct sc_element at,
                 struct sc_enclosure exact)
{
    const int32_t model = my->models.claimed ? 1 : 0;
    const struct sc_claim claim = claim_of(x, model);
    enum sc_verdict verdict = verdict_of(x, model, exact);

    if (my->options->see == NULL) {
        return;
    }
    at.bound = sc_claim_at(&claim, x->out);
    at.ratio = sc_claim_ratio(at.bound, x->out, exact);
    if (verdict != SC_VERDICT_FAIL && bits_verdict(x, exact) == SC_VERDICT_FAIL) {
        verdict = SC_VERDICT_FAIL;
        at.bound = 0.0;
        at.ratio = HUGE_VAL;
    }
    my->options->see(my->options->context, &at, verdict);
}

static void count(struct sc_assess_state *my, const struct question *x, struct sc_element at,
                  struct sc_enclosure exact)
{
    bool accused = false;

    for (int32_t m = 0; m < my->looked_at; m++) {
        const struct sc_claim claim = claim_of(x, m);
        const enum sc_verdict verdict = verdict_of(x, m, exact);
        at.bound = sc_claim_at(&claim, x->out);
        at.ratio = sc_claim_ratio(at.bound, x->out, exact);
        sc_standing_add(&my->standings[m], verdict, &at);
        if (at.result == SC_RESULT_O && verdict == SC_VERDICT_PASS) {
            my->standings[m].weak += weigh(my, x, m, at.bound);
        }
        accused = accused || verdict == SC_VERDICT_FAIL;
    }
    const enum sc_verdict bits = bits_verdict(x, exact);
    count_bits(my, bits, &at);
    show(my, x, at, exact);
    my->confirmed += (accused || bits == SC_VERDICT_FAIL) && x->source->tier != sc_tier_fp64.name;
}

enum sc_status sc_assess_line(struct sc_assess_state *my, enum sc_result result,
                              struct sc_oracle_element at, const struct sc_enclosure *exact,
                              int32_t from, bool empty, struct sc_error *error)
{
    const int64_t first = sc_result_row(my->p, result, at.b, at.head, at.index);
    const enum sc_format format = sc_result_format(my->p, result);
    const double *const expected = my->exact.values[result];
    enum sc_status status = SC_OK;

    for (int32_t c = 0; status == SC_OK && c < sc_result_width(my->p, result); c++) {
        struct sc_oracle_source source = sc_oracle_first_source(my->oracle);
        const double out = sc_format_decode(format, sc_result_bits(my->outcome, result, first + c));
        const struct question x = {
            my,     &source, my->bounds + from + c,
            format, out,     expected == NULL ? (double)NAN : expected[first + c],
            empty};
        struct sc_enclosure known = exact[c];
        bool clear = false;
        at.channel = c;
        status = sc_oracle_decide(my->oracle, &at, decided, &x, &known, &source, &clear, error);
        if (status == SC_OK) {
            status = agree(&x, &at, exact[c], known, error);
        }
        if (status == SC_OK) {
            const struct sc_element element = {result, at.b,     at.head,  at.index, c,
                                               out,    known.lo, known.hi, 0.0,      0.0};
            count(my, &x, element, known);
        }
    }
    return status;
}

void sc_assess_padding(struct sc_assess_state *my, const struct sc_element *at, uint32_t bits)
{
    const enum sc_verdict verdict = bits == 0 ? SC_VERDICT_PASS : SC_VERDICT_FAIL;

    for (int32_t m = 0; m < my->models.count; m++) {
        sc_standing_add(&my->standings[m], verdict, at);
    }
    count_bits(my, verdict, at);
    if (my->options->see != NULL) {
        my->options->see(my->options->context, at, verdict);
    }
}
