/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/mma_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_factors(const uint16_t *x, char *text, size_t bytes)
{
    size_t used = 0;

    for (int32_t t = 0; t < SC_MMA_TERMS; t++) {
        used += (size_t)snprintf(text + used, bytes - used, "%s%04x", t > 0 ? "," : "", x[t]);
    }
}

void sc_mma_mismatch_print(const struct sc_mma_mismatch *x, char line[SC_MMA_LINE_BYTES])
{
    char a[5 * SC_MMA_TERMS], b[5 * SC_MMA_TERMS];

    print_factors(x->a, a, sizeof a);
    print_factors(x->b, b, sizeof b);
    (void)snprintf(line, SC_MMA_LINE_BYTES,
                   "category %s format %s tile %" PRId64 " step %d row %d column %d a %s b %s "
                   "c %08x found %08x model %08x",
                   sc_mma_category_name(x->category), x->format == SC_FORMAT_BF16 ? "bf16" : "fp16",
                   x->tile, x->step, x->row, x->column, a, b, x->c, x->found, x->model);
}

/* The words of a line that are not numbers of fixed form. */
struct words {
    char category[32], format[8], a[5 * SC_MMA_TERMS], b[5 * SC_MMA_TERMS];
};

static bool read_factors(const char *text, uint16_t *x)
{
    for (int32_t t = 0; t < SC_MMA_TERMS; t++, text += 5) {
        int used = 0;
        unsigned int bits = 0;
        if (sscanf(text, "%4x%n", &bits, &used) != 1 || used != 4 ||
            text[4] != (t < SC_MMA_TERMS - 1 ? ',' : '\0')) {
            return false;
        }
        x[t] = (uint16_t)bits;
    }
    return true;
}

static bool read_names(const struct words *words, struct sc_mma_mismatch *x)
{
    int32_t category = 0;

    while (category < SC_MMA_CATEGORIES &&
           strcmp(sc_mma_category_name((enum sc_mma_category)category), words->category) != 0) {
        category++;
    }
    x->category = (enum sc_mma_category)category;
    x->format = strcmp(words->format, "bf16") == 0 ? SC_FORMAT_BF16 : SC_FORMAT_FP16;
    return category < SC_MMA_CATEGORIES &&
           (x->format == SC_FORMAT_BF16 || strcmp(words->format, "fp16") == 0);
}

enum sc_status sc_mma_mismatch_parse(const char *line, struct sc_mma_mismatch *mismatch,
                                     struct sc_error *error)
{
    struct words words;
    struct sc_mma_mismatch x;
    char again[SC_MMA_LINE_BYTES];

    memset(&x, 0, sizeof x);
    /* What is read is held against what it is printed as, so that no other spelling is taken. */
    if (sscanf(line,
               "category %31s format %7s tile %" SCNd64 " step %d row %d column %d a %79s b %79s "
               "c %8x found %8x model %8x",
               words.category, words.format, &x.tile, &x.step, &x.row, &x.column, words.a, words.b,
               &x.c, &x.found, &x.model) == 11 &&
        read_names(&words, &x) && read_factors(words.a, x.a) && read_factors(words.b, x.b)) {
        sc_mma_mismatch_print(&x, again);
        if (strcmp(line, again) == 0) {
            *mismatch = x;
            return SC_OK;
        }
    }
    return sc_fail(error, SC_E_INPUT,
                   "mismatch: '%.60s', expected a line as tools/measure/mma_compare.h says", line);
}
