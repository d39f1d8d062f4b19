/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/command/examined.h"
#include "tools/input/decode.h"
#include "tools/input/walk.h"

#include <stdio.h>
#include <string.h>

/* An error is measured well enough when it is known to this part of itself or of a unit in the last
 * place. */
#define MEASURED 0x1p-4

static const char help[] =
    "usage: sigmacert error --q FILE --k FILE --v FILE --out FILE --bias BIAS [OPTION]...\n"
    "Measures how far an output is from the exact O = sigma(tau Q K^T + b) V, element by element,\n"
    "against rigorous enclosures; or of its gradients, with --backward.\n\n";
static const char help_end[] =
    "output to examine\n"
    "  --out FILE                   in the shape of O; or, with --backward, some of\n"
    "  --dq FILE --dk FILE --dv FILE   in the shapes of Q, K, V\n"
    "  --db FILE                    the gradient by the bias, [batch, heads]\n"
    "\n"
    "Exit: 0 measured; 1 some element is wrong in every arithmetic (NaN or infinity where the "
    "exact\n"
    "result is finite, or not +0 in a row that sees no key); 2 usage or bad input; 3 could not "
    "run.\n"
    "\n"
    "example: sigmacert error --q q.npy --k k.npy --v v.npy --out o.npy --causal --bias -log-n\n";

/* What is asked of the oracle for one element. */
struct question {
    double out;
    bool empty;
    enum sc_format format;
};

static bool is_measured(const void *context, struct sc_enclosure exact)
{
    const struct question *x = context;

    return sc_oracle_classify(exact, x->empty) != SC_ORACLE_FINITE ||
           sc_profile_measured(x->format, x->out, exact, MEASURED);
}

static void count_source(struct sc_examined *x, struct sc_oracle_source source)
{
    int n = 0;

    while (n < SC_EXAMINED_SOURCES_MAX - 1 && x->shares[n].count > 0 &&
           (strcmp(x->shares[n].source.tier, source.tier) != 0 ||
            x->shares[n].source.precision != source.precision)) {
        n++;
    }
    x->shares[n].source = source;
    x->shares[n].count++;
}

static enum sc_status add_element(void *context, struct sc_oracle *oracle,
                                  const struct sc_oracle_element *element,
                                  struct sc_enclosure exact, bool empty, struct sc_error *error)
{
    struct sc_examined *const x = context;
    const int64_t at = sc_walk_place(x->problem, element) + element->channel;
    const double out = sc_decode_element(x->tensor, at);
    const struct question question = {out, empty, x->profile.format};
    struct sc_oracle_source source = sc_oracle_first_source(oracle);
    bool measured;
    const enum sc_status status = sc_oracle_decide(oracle, element, is_measured, &question, &exact,
                                                   &source, &measured, error);

    if (status == SC_OK) {
        count_source(x, source);
        x->coarse += measured ? 0 : 1;
        sc_profile_add(&x->profile, element, out, exact, sc_oracle_classify(exact, empty), &source);
    }
    return status;
}

/* What is examined. Returns the number of outputs. */
static int32_t list_outputs(const struct sc_input *input, struct sc_examined x[SC_EXAMINED_MAX])
{
    const struct {
        const char *name;
        enum sc_oracle_output output;
        const struct sc_tensor *tensor;
    } all[] = {{"O", SC_ORACLE_O, &input->out},
               {"dQ", SC_ORACLE_D_Q, &input->d_q},
               {"dK", SC_ORACLE_D_K, &input->d_k},
               {"dV", SC_ORACLE_D_V, &input->d_v},
               {"db", SC_ORACLE_D_B, &input->d_b}};
    int32_t count = 0;

    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++) {
        if (all[n].tensor->data != NULL) {
            memset(&x[count], 0, sizeof x[count]);
            x[count].name = all[n].name;
            x[count].output = all[n].output;
            x[count].problem = &input->problem;
            x[count].tensor = all[n].tensor;
            count++;
        }
    }
    return count;
}

static enum sc_status examine(const struct sc_input *input,
                              struct sc_examined outputs[SC_EXAMINED_MAX], int32_t count,
                              struct sc_error *error)
{
    struct sc_oracle *oracle = NULL;
    enum sc_status status = sc_walk_oracle(input, &oracle, error);

    for (int32_t n = 0; n < count && status == SC_OK; n++) {
        enum sc_format format;
        status = sc_decode_format(outputs[n].name, outputs[n].tensor, &format, error);
        if (status == SC_OK) {
            sc_profile_begin(&outputs[n].profile, format);
            status = sc_walk(input, oracle, outputs[n].output, add_element, &outputs[n],
                             &outputs[n].entries, error);
        }
    }
    sc_oracle_destroy(oracle);
    return status;
}

int sc_command_error(int argc, char **argv)
{
    struct sc_input input;
    struct sc_error error = {SC_OK, ""};
    struct sc_examined outputs[SC_EXAMINED_MAX];
    int32_t count = 0;
    int64_t wrong = 0;

    enum sc_status status = sc_input_read("error", argc, argv, true, &input, &error);
    if (status == SC_OK && input.help) {
        (void)printf("%s%s%s", help, sc_input_help, help_end);
    } else if (status == SC_OK) {
        count = list_outputs(&input, outputs);
        status = examine(&input, outputs, count, &error);
    }
    if (status == SC_OK && count > 0) {
        status = input.json ? sc_examined_json(outputs, count, &error)
                            : sc_examined_text(outputs, count, &error);
    }
    for (int32_t n = 0; n < count && status == SC_OK; n++) {
        wrong += sc_profile_wrong(&outputs[n].profile);
    }
    if (status == SC_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        status = sc_fail(&error, SC_E_IO, "error: cannot write to standard output");
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    sc_input_destroy(&input);
    if (status != SC_OK) {
        return sc_command_exit(status);
    }
    return wrong == 0 ? SC_EXIT_VERIFIED : SC_EXIT_FALSIFIED;
}
