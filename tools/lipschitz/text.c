/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/lipschitz/text.h"

#include <getopt.h>
#include <stddef.h>

const char sc_lipschitz_help[] =
    "usage: sigmacert lipschitz --x FILE... --wq FILE --wk FILE --wv FILE [OPTION]...\n"
    "       sigmacert lipschitz --check FILE [OPTION]...\n"
    "How much a small change of the tokens is amplified at most: the spectral norm of the Jacobian "
    "of\n"
    "a self-attention layer at sample inputs, with sigmoid and with softmax. Every bound is "
    "certified.\n"
    "\n"
    "inputs (.npy, .safetensors:name; bf16, fp16, fp32 or fp64; taken as exact)\n"
    "  --x FILE            tokens, [n, width] or [batch, n, width]; may be given several times\n"
    "  --wq, --wk FILE     [heads d, width]\n"
    "  --wv FILE           [heads d_v, width]\n"
    "  --bq, --bk, --bv FILE   biases of Q, K and V, [heads d] and [heads d_v]\n"
    "  --wo FILE           [out, heads d_v]; without it the heads lie side by side\n"
    "  --heads H           (1)\n"
    "the layer\n"
    "  --scale X           (1/sqrt(d), rounded to fp32)\n"
    "  --bias X|-log-n     b, the same for all heads (-log-n: -log of the tokens of each sample)\n"
    "  --bias-head LIST    b of each head\n"
    "  --alibi LIST        slopes, one for each head\n"
    "  --causal | --window LEFT,RIGHT\n"
    "  --qk-norm rms|layer with --gain-q, --gain-k FILE [d] (1) and --epsilon X (1e-6)\n"
    "  --rope BASE         rotary positions: channels c and c + d/2 of a head turn together\n"
    "  --kind sigmoid|softmax|both   (both)\n"
    "how far\n"
    "  --exact-max N       largest smaller side of the Jacobian whose norm is certified (4096)\n"
    "  --memory MIB        that it may take (8192)\n"
    "  --steps N           of Lanczos, at most (200)\n"
    "  --radius LIST       bounds for all tokens within each radius too, all moving together (the "
    "squares\n"
    "                      of their moves add up) and each by itself, and the worst that was found "
    "there\n"
    "  --threads N         (one for each processor)\n"
    "  --json              results as JSON\n"
    "  --plot FILE.svg     the worst direction by token, and the spectrum, with gnuplot; the "
    "numbers in FILE.dat. Of\n"
    "                      several samples FILE-1.svg, FILE-2.svg and so on\n"
    "certificates\n"
    "  --certificate FILE  writes what is claimed of all samples, to be checked by someone else: "
    "hashes "
    "of\n"
    "                      the inputs, the lower bounds with their directions, the certified "
    "norms\n"
    "  --check FILE        checks such a file against the inputs that it names, with code of its "
    "own; "
    "of the\n"
    "                      options above only --exact-max, --memory and --threads go with it. A "
    "name is\n"
    "                      looked for as it was given, then beside the certificate\n"
    "  --inputs-from DIR   there instead, with the directories of the name and then without\n"
    "\n"
    "Exit: 0 measured, or every claim of the certificate was confirmed; 1 a claim is false, or an "
    "input "
    "is\n"
    "not the one that was certified; 2 usage or bad input; 3 could not run here, or no claim is "
    "false "
    "but\n"
    "one was not confirmed, among them norms beyond --exact-max.\n"
    "\n"
    "example: sigmacert lipschitz --x x.npy --wq w.safetensors:w_q --wk w.safetensors:w_k \\\n"
    "           --wv w.safetensors:w_v --heads 4 --causal --radius 0.01,0.1\n";

#define LIPSCHITZ SC_LIPSCHITZ_OF_LIPSCHITZ
#define NORMS     SC_LIPSCHITZ_OF_NORMS
#define BOTH      (LIPSCHITZ | NORMS)

static const struct {
    struct option option;
    int commands;
} known[] = {
    {{"wq", required_argument, NULL, SC_LIPSCHITZ_WQ}, BOTH},
    {{"wk", required_argument, NULL, SC_LIPSCHITZ_WK}, BOTH},
    {{"wv", required_argument, NULL, SC_LIPSCHITZ_WV}, BOTH},
    {{"wo", required_argument, NULL, SC_LIPSCHITZ_WO}, BOTH},
    {{"bq", required_argument, NULL, SC_LIPSCHITZ_BQ}, BOTH},
    {{"bk", required_argument, NULL, SC_LIPSCHITZ_BK}, BOTH},
    {{"bv", required_argument, NULL, SC_LIPSCHITZ_BV}, BOTH},
    {{"gain-q", required_argument, NULL, SC_LIPSCHITZ_GAIN_Q}, BOTH},
    {{"gain-k", required_argument, NULL, SC_LIPSCHITZ_GAIN_K}, BOTH},
    {{"heads", required_argument, NULL, SC_LIPSCHITZ_HEADS}, BOTH},
    {{"scale", required_argument, NULL, SC_LIPSCHITZ_SCALE}, BOTH},
    {{"bias", required_argument, NULL, SC_LIPSCHITZ_BIAS}, BOTH},
    {{"bias-head", required_argument, NULL, SC_LIPSCHITZ_BIAS_HEAD}, BOTH},
    {{"alibi", required_argument, NULL, SC_LIPSCHITZ_ALIBI}, BOTH},
    {{"window", required_argument, NULL, SC_LIPSCHITZ_WINDOW}, BOTH},
    {{"qk-norm", required_argument, NULL, SC_LIPSCHITZ_QK_NORM}, BOTH},
    {{"epsilon", required_argument, NULL, SC_LIPSCHITZ_EPSILON}, BOTH},
    {{"rope", required_argument, NULL, SC_LIPSCHITZ_ROPE}, BOTH},
    {{"kind", required_argument, NULL, SC_LIPSCHITZ_KIND}, BOTH},
    {{"exact-max", required_argument, NULL, SC_LIPSCHITZ_EXACT_MAX}, BOTH},
    {{"memory", required_argument, NULL, SC_LIPSCHITZ_MEMORY}, BOTH},
    {{"steps", required_argument, NULL, SC_LIPSCHITZ_STEPS}, BOTH},
    {{"radius", required_argument, NULL, SC_LIPSCHITZ_RADIUS}, LIPSCHITZ},
    {{"threads", required_argument, NULL, SC_LIPSCHITZ_THREADS}, BOTH},
    {{"plot", required_argument, NULL, SC_LIPSCHITZ_PLOT}, BOTH},
    {{"random", required_argument, NULL, SC_LIPSCHITZ_RANDOM}, NORMS},
    {{"common", required_argument, NULL, SC_LIPSCHITZ_COMMON}, NORMS},
    {{"samples", required_argument, NULL, SC_LIPSCHITZ_SAMPLES}, NORMS},
    {{"seed", required_argument, NULL, SC_LIPSCHITZ_SEED}, NORMS},
    {{"sweep-bias", required_argument, NULL, SC_LIPSCHITZ_SWEEP_BIAS}, NORMS},
    {{"sweep-n", required_argument, NULL, SC_LIPSCHITZ_SWEEP_N}, NORMS},
    {{"position", required_argument, NULL, SC_LIPSCHITZ_POSITION}, NORMS},
    {{"layer-scale", required_argument, NULL, SC_LIPSCHITZ_LAYER_SCALE}, NORMS},
    {{"hybrid-norm", required_argument, NULL, SC_LIPSCHITZ_HYBRID_NORM}, NORMS},
    {{"hybrid-epsilon", required_argument, NULL, SC_LIPSCHITZ_HYBRID_EPSILON}, NORMS},
    {{"bounds-max", required_argument, NULL, SC_LIPSCHITZ_BOUNDS_MAX}, NORMS},
    {{"certificate", required_argument, NULL, SC_LIPSCHITZ_CERTIFICATE}, LIPSCHITZ},
    {{"check", required_argument, NULL, SC_LIPSCHITZ_CHECK}, LIPSCHITZ},
    {{"inputs-from", required_argument, NULL, SC_LIPSCHITZ_INPUTS_FROM}, LIPSCHITZ},
    {{"x", required_argument, NULL, SC_LIPSCHITZ_X}, BOTH},
    {{"causal", no_argument, NULL, SC_LIPSCHITZ_CAUSAL}, BOTH},
    {{"json", no_argument, NULL, SC_LIPSCHITZ_JSON}, BOTH},
    {{"help", no_argument, NULL, SC_LIPSCHITZ_HELP}, BOTH},
};
#define KNOWN (sizeof known / sizeof known[0])

/* Whether --check stands alone but for what goes with it, and --inputs-from with it. */
static enum sc_status check_company(const char *command, const struct sc_lipschitz_text *text,
                                    struct sc_error *error)
{
    static const bool allowed[SC_LIPSCHITZ_TEXTS] = {[SC_LIPSCHITZ_CHECK] = true,
                                                     [SC_LIPSCHITZ_INPUTS_FROM] = true,
                                                     [SC_LIPSCHITZ_EXACT_MAX] = true,
                                                     [SC_LIPSCHITZ_MEMORY] = true,
                                                     [SC_LIPSCHITZ_THREADS] = true};

    if (text->of[SC_LIPSCHITZ_CHECK] == NULL) {
        return text->of[SC_LIPSCHITZ_INPUTS_FROM] == NULL
                   ? SC_OK
                   : sc_fail(error, SC_E_INPUT, "%s: --inputs-from without --check", command);
    }
    for (size_t n = 0; n < KNOWN; n++) {
        const int key = known[n].option.val;
        if ((key < SC_LIPSCHITZ_TEXTS && text->of[key] != NULL && !allowed[key]) ||
            (key == SC_LIPSCHITZ_X && text->files > 0) ||
            (key == SC_LIPSCHITZ_CAUSAL && text->causal) ||
            (key == SC_LIPSCHITZ_JSON && text->json)) {
            return sc_fail(error, SC_E_INPUT, "%s: --%s with --check, expected it without", command,
                           known[n].option.name);
        }
    }
    return SC_OK;
}

enum sc_status sc_lipschitz_split(int argc, char **argv, enum sc_lipschitz_command command,
                                  struct sc_lipschitz_text *text, struct sc_error *error)
{
    struct option options[KNOWN + 1] = {{.name = NULL}};
    int found, index = 0, used = 0;

    for (size_t n = 0; n < KNOWN; n++) {
        if ((known[n].commands & (int)command) != 0) {
            options[used++] = known[n].option;
        }
    }
    optind = 0;
    opterr = 0;
    while ((found = getopt_long(argc, argv, ":", options, &index)) != -1) {
        if (found == '?' || found == ':') {
            return sc_fail(error, SC_E_INPUT, "%s: %s: %s (see --help)", argv[0], argv[optind - 1],
                           found == ':' ? "no value, expected one" : "unknown option");
        }
        if (found == SC_LIPSCHITZ_X && text->files == SC_LIPSCHITZ_FILES) {
            return sc_fail(error, SC_E_INPUT, "%s: more than %d --x, expected fewer", argv[0],
                           SC_LIPSCHITZ_FILES);
        }
        if (found == SC_LIPSCHITZ_X) {
            text->x[text->files++] = optarg;
        } else if (found < SC_LIPSCHITZ_TEXTS && text->of[found] != NULL) {
            return sc_fail(error, SC_E_INPUT, "%s: --%s given twice, expected once", argv[0],
                           options[index].name);
        } else if (found < SC_LIPSCHITZ_TEXTS) {
            text->of[found] = optarg;
        }
        text->causal = text->causal || found == SC_LIPSCHITZ_CAUSAL;
        text->json = text->json || found == SC_LIPSCHITZ_JSON;
        text->help = text->help || found == SC_LIPSCHITZ_HELP;
    }
    return optind < argc ? sc_fail(error, SC_E_INPUT, "%s: '%s', expected options only", argv[0],
                                   argv[optind])
                         : check_company(argv[0], text, error);
}
