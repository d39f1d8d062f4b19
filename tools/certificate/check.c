/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/certificate/check.h"

#include "tools/certificate/base64.h"
#include "tools/certificate/inputs.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const kinds[] = {"sigmoid", "softmax"};

struct check {
    const struct sc_check_options *options;
    const struct sc_stored *stored;
    struct sc_check_sum *sum;
    FILE *out;
};

/* A text of the certificate, without control characters. */
static void print_name(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        (void)fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
    }
}

static void count(struct check *my, enum sc_verdict verdict)
{
    my->sum->confirmed += verdict == SC_CONFIRMED;
    my->sum->refuted += verdict == SC_REFUTED;
    my->sum->open += verdict == SC_LEFT_OPEN;
}

static void print_lower(struct check *my, int32_t kind, double claim, const struct sc_lower *found,
                        const char *why)
{
    (void)fprintf(my->out, "  %s  lower claim %.12g: ", kinds[kind], claim);
    if (found->verdict == SC_CONFIRMED) {
        (void)fprintf(my->out, "confirmed (>= %.17g)\n", found->least);
    } else if (found->verdict == SC_REFUTED) {
        (void)fprintf(my->out, "REFUTED: the stored direction attains at most %.17g\n",
                      found->most);
    } else {
        (void)fprintf(my->out, "not confirmed: %s\n",
                      why[0] != '\0' ? why : "within the width of its enclosure");
    }
    count(my, found->verdict);
}

static void print_upper(struct check *my, int32_t kind, double claim, const struct sc_lower *lower,
                        const struct sc_upper *found, const char *why)
{
    (void)fprintf(my->out, "  %s  upper claim %.12g: ", kinds[kind], claim);
    if (lower->least > claim) {
        (void)fprintf(my->out, "REFUTED: the stored direction attains %.17g\n", lower->least);
        count(my, SC_REFUTED);
        return;
    }
    if (found->verdict == SC_CONFIRMED) {
        (void)fprintf(my->out, "confirmed (%lld rows", (long long)found->side);
        (void)fprintf(my->out, found->slack > 0.0 ? ", slack %.2g)\n" : ")\n", found->slack);
    } else if (found->verdict == SC_REFUTED) {
        (void)fprintf(my->out, "REFUTED: a direction attains %.17g\n", found->least);
    } else if (why[0] != '\0') {
        (void)fprintf(my->out, "not confirmed: %s\n", why);
    } else if (!found->tried) {
        (void)fprintf(my->out, "not re-checked: %lld rows (see --exact-max and --memory)\n",
                      (long long)found->side);
    } else {
        (void)fprintf(my->out, "not confirmed: within %.2g of the norm, as far as doubles tell\n",
                      2.0 * found->slack);
    }
    count(my, found->verdict);
}

/* Claims of one kind; what cannot be checked here is left open. */
static enum sc_status check_claim(struct check *my, const struct sc_subject *subject, int32_t kind,
                                  const struct sc_stored_claim *claim, struct sc_error *error)
{
    const int64_t inputs = sc_subject_inputs(subject);
    double *direction = malloc((size_t)inputs * sizeof *direction);
    struct sc_rows rows = {.subject = NULL};
    struct sc_lower lower = {SC_LEFT_OPEN, 0.0, HUGE_VAL};
    struct sc_upper upper = {.verdict = SC_LEFT_OPEN};
    struct sc_error why = {SC_OK, ""};
    bool good = direction != NULL && sc_base64_decode(claim->vector, sc_base64_size((size_t)inputs),
                                                      direction, (size_t)inputs);
    enum sc_status status = SC_OK;

    for (int64_t n = 0; good && n < inputs; n++) {
        good = isfinite(direction[n]);
    }
    if (direction == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "certificate: no memory for a direction");
    } else if (!good) {
        status = sc_fail(error, SC_E_INPUT, "%s: vector, expected base64 of finite doubles",
                         my->options->certificate);
    }
    if (status == SC_OK) {
        (void)sc_lower_check(subject, direction, claim->low, my->options->limits.threads, &rows,
                             &lower, &why);
        print_lower(my, kind, claim->low, &lower, why.text);
    }
    if (status == SC_OK && claim->bounded) {
        if (why.text[0] == '\0' && !(lower.least > claim->high)) {
            (void)sc_upper_check(&rows, claim->high, claim->shift, &my->options->limits, &upper,
                                 &why);
        }
        print_upper(my, kind, claim->high, &lower, &upper, why.text);
    }
    sc_rows_destroy(&rows);
    free(direction);
    return status;
}

static enum sc_status check_sample(struct check *my, struct sc_inputs *inputs, int32_t n,
                                   struct sc_subject *subject, struct sc_error *error)
{
    const struct sc_stored_sample *sample = &my->stored->samples[n];
    bool matches = true;
    enum sc_status status = sc_inputs_sample(inputs, n, subject, &matches, error);

    if (status != SC_OK || !matches) {
        my->sum->mismatched = !matches;
        return status;
    }
    status = sc_subject_check(subject, error);
    if (status != SC_OK) {
        const struct sc_error what = *error;
        return sc_fail(error, status, "%s: %s", my->options->certificate, what.text);
    }
    (void)fputs("sample  ", my->out);
    print_name(sample->tokens.file, my->out);
    if (sample->index >= 0) {
        (void)fprintf(my->out, "[%d]", sample->index);
    }
    (void)fprintf(my->out, ": %d tokens\n", sample->count);
    for (int32_t k = 0; status == SC_OK && k < 2; k++) {
        if (sample->claims[k] != NULL) {
            subject->kind = k == 0 ? SC_SUBJECT_SIGMOID : SC_SUBJECT_SOFTMAX;
            status = check_claim(my, subject, k, sample->claims[k], error);
        }
    }
    return status;
}

/* The layer that the claims are about: it is the certificate's to say. */
static void print_layer(const struct check *my)
{
    static const char *const norms[] = {"", ", RMS norm of q and k", ", LayerNorm of q and k"};
    const struct sc_subject *l = &my->stored->layer;

    (void)fprintf(my->out, "layer   width %d, %d head%s of %d (values %d), scale %.9g", l->width,
                  l->heads, l->heads == 1 ? "" : "s", l->d, l->d_v, l->scale);
    if (l->left < SC_SUBJECT_MAX || l->right < SC_SUBJECT_MAX) {
        (void)fprintf(my->out, ", window %d,%d", l->left, l->right);
    }
    if (l->rotation > 0.0) {
        (void)fprintf(my->out, ", rotary positions of base %g", l->rotation);
    }
    (void)fprintf(my->out, "%s%s%s\n", norms[l->norm], l->slopes != NULL ? ", ALiBi" : "",
                  l->out > 0 ? ", through W_o" : "");
}

static enum sc_status check_all(struct check *my, struct sc_error *error)
{
    struct sc_subject subject = my->stored->layer;
    struct sc_inputs inputs = {.stored = my->stored,
                               .certificate = my->options->certificate,
                               .directory = my->options->inputs};
    const int shown = isatty(STDERR_FILENO);
    bool matches = true;
    enum sc_status status = sc_inputs_layer(&inputs, &subject, &matches, error);

    my->sum->mismatched = !matches;
    if (status == SC_OK && matches) {
        print_layer(my);
    }
    for (int32_t n = 0; status == SC_OK && !my->sum->mismatched && n < my->stored->samples_count;
         n++) {
        if (shown) {
            (void)fprintf(stderr, "\r\033[Ksample %d of %d\r", n + 1, my->stored->samples_count);
        }
        status = check_sample(my, &inputs, n, &subject, error);
    }
    if (shown) {
        (void)fputs("\r\033[K", stderr);
    }
    sc_inputs_destroy(&inputs);
    return status;
}

enum sc_status sc_check_run(const struct sc_check_options *options, FILE *out,
                            struct sc_check_sum *sum, struct sc_error *error)
{
    struct sc_stored stored;
    struct check check = {options, &stored, sum, out};

    *sum = (struct sc_check_sum){0, 0, 0, false};
    enum sc_status status = sc_stored_load(options->certificate, &stored, error);
    if (status == SC_OK) {
        status = check_all(&check, error);
    }
    sc_stored_destroy(&stored);
    return status;
}
