/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/input/options.h"

#include "tools/input/problem.h"

#include <getopt.h>
#include <string.h>

const char sc_input_help[] =
    "inputs (.npy, .safetensors or file.safetensors:name; bf16, fp16 or fp32)\n"
    "  --q FILE --k FILE --v FILE   [n, d], [heads, n, d] or [batch, heads, n, d]\n"
    "  --backward FILE              dO, the gradient by O: gradients instead of O\n"
    "  --layout bhnd|bnhd           order of the dimensions (bhnd)\n"
    "  --bf16                       uint16 arrays of .npy files hold bf16\n"
    "constants\n"
    "  --scale X                    tau (1/sqrt(d), rounded to fp32)\n"
    "  --bias -log-n[=RULE]         RULE padded: n_k of the tensor (the default), valid: keys of\n"
    "                               each sequence, or a number\n"
    "  --bias X | --bias-head LIST | --bias-sequence LIST\n"
    "  --alibi LIST                 slopes, one for each head of Q\n"
    "masks (all may be given; what any of them hides is hidden)\n"
    "  --causal                     aligned at the last row and key\n"
    "  --window LEFT,RIGHT          keys before and after the row's own position\n"
    "  --key-lengths LIST           valid keys of each sequence\n"
    "  --starts-q LIST --starts-k LIST   packed sequences, from 0 to n\n"
    "  --mask FILE                  bool or uint8, [n_q, n_k], [heads, ..] or [batch, heads, ..]\n"
    "  --block ROWS,KEYS            a cell of --mask covers that many (1,1)\n"
    "a LIST is 1,2,3 or a file of one dimension\n"
    "oracle\n"
    "  --tier auto|fp64|arb|integer fp64 first and ball arithmetic for what it leaves open "
    "(auto),\n"
    "                               or one way alone\n"
    "  --precision BITS             of ball arithmetic, 53 to 4096 (128)\n"
    "  --rows N                     of each head only about N rows (of dK and dV: keys), among "
    "them\n"
    "                               the first, the last, tile edges and where the mask changes "
    "(all)\n"
    "  --threads N                  (one for each processor)\n"
    "  --json                       results as JSON\n";

#define OPTIONS_MAX 40

/* One option: where its text goes, or its flag. */
struct known {
    const char *name;
    const char **text;
    bool *flag;
    enum { BOTH, OF_ERROR, OF_ORACLE } of;
};

static int list_options(struct sc_options *t, struct known known[OPTIONS_MAX])
{
    const struct known options[] = {{"q", &t->q, NULL, BOTH},
                                    {"k", &t->k, NULL, BOTH},
                                    {"v", &t->v, NULL, BOTH},
                                    {"backward", &t->backward, NULL, BOTH},
                                    {"layout", &t->layout, NULL, BOTH},
                                    {"bf16", NULL, &t->bf16, BOTH},
                                    {"scale", &t->scale, NULL, BOTH},
                                    {"bias", &t->bias, NULL, BOTH},
                                    {"bias-head", &t->bias_head, NULL, BOTH},
                                    {"bias-sequence", &t->bias_sequence, NULL, BOTH},
                                    {"alibi", &t->alibi, NULL, BOTH},
                                    {"causal", NULL, &t->causal, BOTH},
                                    {"window", &t->window, NULL, BOTH},
                                    {"key-lengths", &t->key_lengths, NULL, BOTH},
                                    {"starts-q", &t->starts_q, NULL, BOTH},
                                    {"starts-k", &t->starts_k, NULL, BOTH},
                                    {"mask", &t->mask, NULL, BOTH},
                                    {"block", &t->block, NULL, BOTH},
                                    {"tier", &t->tier, NULL, BOTH},
                                    {"precision", &t->precision, NULL, BOTH},
                                    {"threads", &t->threads, NULL, BOTH},
                                    {"rows", &t->rows, NULL, BOTH},
                                    {"json", NULL, &t->json, BOTH},
                                    {"help", NULL, &t->help, BOTH},
                                    {"out", &t->out, NULL, OF_ERROR},
                                    {"dq", &t->d_q, NULL, OF_ERROR},
                                    {"dk", &t->d_k, NULL, OF_ERROR},
                                    {"dv", &t->d_v, NULL, OF_ERROR},
                                    {"db", &t->d_b, NULL, OF_ERROR},
                                    {"schedule", &t->schedule, NULL, OF_ORACLE},
                                    {"weights", NULL, &t->weights, OF_ORACLE},
                                    {"lo", &t->lo, NULL, OF_ORACLE},
                                    {"hi", &t->hi, NULL, OF_ORACLE},
                                    {"mid", &t->mid, NULL, OF_ORACLE}};
    const int count = (int)(sizeof options / sizeof options[0]);
    _Static_assert(sizeof options <= OPTIONS_MAX * sizeof(struct known), "room for every option");

    memcpy(known, options, sizeof options);
    return count;
}

static enum sc_status take(const char *command, const struct known *option, const char *text,
                           struct sc_error *error)
{
    if (option->flag != NULL) {
        *option->flag = true;
        return SC_OK;
    }
    if (*option->text != NULL) {
        return sc_fail(error, SC_E_INPUT, "%s: --%s given twice, expected once", command,
                       option->name);
    }
    *option->text = text;
    return SC_OK;
}

enum sc_status sc_options_parse(const char *command, int argc, char **argv, bool with_out,
                                struct sc_options *options, struct sc_error *error)
{
    struct known known[OPTIONS_MAX];
    struct option names[OPTIONS_MAX + 1];
    int places[OPTIONS_MAX];
    const int count = list_options(options, known);
    int accepted = 0, index = 0, found;
    enum sc_status status = SC_OK;

    memset(names, 0, sizeof names);
    for (int n = 0; n < count; n++) {
        if (known[n].of != (with_out ? OF_ORACLE : OF_ERROR)) {
            names[accepted].name = known[n].name;
            names[accepted].has_arg = known[n].text != NULL ? required_argument : no_argument;
            names[accepted].val = 1;
            places[accepted++] = n;
        }
    }
    optind = 0; /* getopt begins anew */
    opterr = 0;
    while (status == SC_OK && (found = getopt_long(argc, argv, ":", names, &index)) != -1) {
        status = found == 1 ? take(command, &known[places[index]], optarg, error)
                            : sc_fail(error, SC_E_INPUT, "%s: %s: %s (see --help)", command,
                                      argv[optind - 1],
                                      found == ':' ? "no value, expected one" : "unknown option");
    }
    if (status == SC_OK && optind < argc) {
        status = sc_fail(error, SC_E_INPUT, "%s: '%s', expected options only (see --help)", command,
                         argv[optind]);
    }
    return status;
}
