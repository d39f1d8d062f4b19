/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/activation.h"
#include "reference/judge/arithmetic_number.h"
#include "reference/judge/arithmetic_text.h"
#include "reference/judge/arithmetic_words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Adds to a text that has room: the longest one is some 2 KB. */
static void put(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(char *text, const char *format, ...)
{
    const size_t used = strlen(text);
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text + used, SC_ARITHMETIC_TEXT_BYTES - used, format, list);
    va_end(list);
}

static void put_table(char *text, const struct sc_activation_error *x)
{
    char number[SC_ARITHMETIC_NUMBER_BYTES];

    put(text, " activation=table:");
    for (int32_t row = 0; row < SC_ACTIVATION_ROWS && x->rows[row].below > 0.0; row++) {
        (void)snprintf(number, sizeof number, "inf");
        if (!isinf(x->rows[row].below)) {
            sc_arithmetic_number_write(x->rows[row].below, number);
        }
        put(text, "%s%s/", row > 0 ? "," : "", number);
        sc_arithmetic_number_write(x->rows[row].relative, number);
        put(text, "%s", number);
    }
    if (x->absolute > 0.0) {
        sc_arithmetic_number_write(x->absolute, number);
        put(text, "+%s", number);
    }
}

void sc_arithmetic_print(const struct sc_arithmetic_text *x, char text[SC_ARITHMETIC_TEXT_BYTES])
{
    const struct sc_kernel_arithmetic *a = &x->arithmetic;

    text[0] = '\0';
    if (x->unknown) {
        put(text, "unknown");
        return;
    }
    put(text, "core=%s score=%s p=%s order=%s", sc_arithmetic_core_words[a->schedule.core],
        ssc_arithmetic_core_words[a->schedule.score],
        sc_arithmetic_p_words[x->p_input ? SC_ARITHMETIC_P_INPUT : (int)a->schedule.format_p],
        sc_arithmetic_order_words[a->order]);
    if (a->order == SC_ORDER_TILED) {
        put(text, " tile=%d terms=%d", a->tile, a->terms);
    }
    put(text, " split=%d parts=%d part=%s group=%s spread=%s flush=%d truncate=%d",
        a->schedule.split_keys, a->parts,
        sc_arithmetic_stored_words[x->part_input ? SC_ARITHMETIC_STORED_INPUT
                                                 : (int)a->part_format],
        sc_arithmetic_stored_words[a->group == SC_GROUP_JOINT ? SC_ARITHMETIC_STORED_JOINT
                                   : x->group_input           ? SC_ARITHMETIC_STORED_INPUT
                                                              : (int)a->group_format],
        sc_arithmetic_spread_words[a->spread], a->flush ? 1 : 0, a->truncate ? 1 : 0);
    if (x->activation == SC_ARITHMETIC_TABLE) {
        put_table(text, &x->table);
    } else {
        put(text, " activation=%s", sc_arithmetic_activation_words[x->activation]);
    }
}

static enum sc_stored stored_of(enum sc_format format)
{
    if (format == SC_FORMAT_FP32) {
        return SC_STORED_FP32;
    }
    return format == SC_FORMAT_BF16 ? SC_STORED_BF16 : SC_STORED_FP16;
}

enum sc_status sc_arithmetic_resolve(const struct sc_arithmetic_text *arithmetic,
                                     const struct sc_problem *problem,
                                     struct sc_kernel_arithmetic *resolved, struct sc_error *error)
{
    const struct sc_activation_error *const activations[] = {
        &sc_activation_limits,        &sc_activation_h100,      &sc_activation_one_term,
        &sc_activation_one_term_h100, &sc_activation_tanh_h100, &arithmetic->table};
    struct sc_kernel_arithmetic x = arithmetic->arithmetic;

    if (arithmetic->unknown) {
        return sc_fail(error, SC_E_INPUT, "arithmetic: unknown, expected one that is declared");
    }
    x.activation = activations[arithmetic->activation];
    x.schedule.format_p = arithmetic->p_input ? problem->format_in : x.schedule.format_p;
    x.part_format = arithmetic->part_input ? stored_of(problem->format_in) : x.part_format;
    x.group_format = arithmetic->group_input ? stored_of(problem->format_in) : x.group_format;
    if (x.schedule.core != SC_CORE_FMA && problem->format_in == SC_FORMAT_FP32) {
        return sc_fail(error, SC_E_INPUT,
                       "arithmetic: core=%s with fp32 inputs, expected core=fma, or bf16 or fp16",
                       sc_arithmetic_core_words[x.schedule.core]);
    }
    if (x.schedule.core != SC_CORE_FMA && x.schedule.format_p != problem->format_in) {
        return sc_fail(error, SC_E_INPUT,
                       "arithmetic: core=%s with p=%s, expected p=input: both sides of a tensor "
                       "core have one format",
                       sc_arithmetic_core_words[x.schedule.core],
                       sc_arithmetic_p_words[x.schedule.format_p]);
    }
    *resolved = x;
    return SC_OK;
}
