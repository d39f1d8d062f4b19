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
    "  --threads N         (one for each processor)\n"
    "  --json              results as JSON\n"
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
    "           --wv w.safetensors:w_v --heads 4 --causal\n";

static const struct option known[] = {
    {"wq", required_argument, NULL, SC_LIPSCHITZ_WQ},
    {"wk", required_argument, NULL, SC_LIPSCHITZ_WK},
    {"wv", required_argument, NULL, SC_LIPSCHITZ_WV},
    {"wo", required_argument, NULL, SC_LIPSCHITZ_WO},
    {"bq", required_argument, NULL, SC_LIPSCHITZ_BQ},
    {"bk", required_argument, NULL, SC_LIPSCHITZ_BK},
    {"bv", required_argument, NULL, SC_LIPSCHITZ_BV},
    {"gain-q", required_argument, NULL, SC_LIPSCHITZ_GAIN_Q},
    {"gain-k", required_argument, NULL, SC_LIPSCHITZ_GAIN_K},
    {"heads", required_argument, NULL, SC_LIPSCHITZ_HEADS},
    {"scale", required_argument, NULL, SC_LIPSCHITZ_SCALE},
    {"bias", required_argument, NULL, SC_LIPSCHITZ_BIAS},
    {"bias-head", required_argument, NULL, SC_LIPSCHITZ_BIAS_HEAD},
    {"alibi", required_argument, NULL, SC_LIPSCHITZ_ALIBI},
    {"window", required_argument, NULL, SC_LIPSCHITZ_WINDOW},
    {"qk-norm", required_argument, NULL, SC_LIPSCHITZ_QK_NORM},
    {"epsilon", required_argument, NULL, SC_LIPSCHITZ_EPSILON},
    {"rope", required_argument, NULL, SC_LIPSCHITZ_ROPE},
    {"kind", required_argument, NULL, SC_LIPSCHITZ_KIND},
    {"exact-max", required_argument, NULL, SC_LIPSCHITZ_EXACT_MAX},
    {"memory", required_argument, NULL, SC_LIPSCHITZ_MEMORY},
    {"steps", required_argument, NULL, SC_LIPSCHITZ_STEPS},
    {"threads", required_argument, NULL, SC_LIPSCHITZ_THREADS},
    {"certificate", required_argument, NULL, SC_LIPSCHITZ_CERTIFICATE},
    {"check", required_argument, NULL, SC_LIPSCHITZ_CHECK},
    {"inputs-from", required_argument, NULL, SC_LIPSCHITZ_INPUTS_FROM},
    {"x", required_argument, NULL, SC_LIPSCHITZ_X},
    {"causal", no_argument, NULL, SC_LIPSCHITZ_CAUSAL},
    {"json", no_argument, NULL, SC_LIPSCHITZ_JSON},
    {"help", no_argument, NULL, SC_LIPSCHITZ_HELP},
    {NULL, 0, NULL, 0}};

/* Whether --check stands alone but for what goes with it, and --inputs-from with it. */
static enum sc_status check_company(const struct sc_lipschitz_text *text, struct sc_error *error)
{
    static const bool allowed[SC_LIPSCHITZ_TEXTS] = {[SC_LIPSCHITZ_CHECK] = true,
                                                     [SC_LIPSCHITZ_INPUTS_FROM] = true,
                                                     [SC_LIPSCHITZ_EXACT_MAX] = true,
                                                     [SC_LIPSCHITZ_MEMORY] = true,
                                                     [SC_LIPSCHITZ_THREADS] = true};

    if (text->of[SC_LIPSCHITZ_CHECK] == NULL) {
        return text->of[SC_LIPSCHITZ_INPUTS_FROM] == NULL
                   ? SC_OK
                   : sc_fail(error, SC_E_INPUT, "lipschitz: --inputs-from without --check");
    }
    for (size_t n = 0; known[n].name != NULL; n++) {
        const int key = known[n].val;
        if ((key < SC_LIPSCHITZ_TEXTS && text->of[key] != NULL && !allowed[key]) ||
            (key == SC_LIPSCHITZ_X && text->files > 0) ||
            (key == SC_LIPSCHITZ_CAUSAL && text->causal) ||
            (key == SC_LIPSCHITZ_JSON && text->json)) {
            return sc_fail(error, SC_E_INPUT, "lipschitz: --%s with --check, expected it without",
                           known[n].name);
        }
    }
    return SC_OK;
}

enum sc_status sc_lipschitz_split(int argc, char **argv, struct sc_lipschitz_text *text,
                                  struct sc_error *error)
{
    int found, index = 0;

    optind = 0;
    opterr = 0;
    while ((found = getopt_long(argc, argv, ":", known, &index)) != -1) {
        if (found == '?' || found == ':') {
            return sc_fail(error, SC_E_INPUT, "lipschitz: %s: %s (see --help)", argv[optind - 1],
                           found == ':' ? "no value, expected one" : "unknown option");
        }
        if (found == SC_LIPSCHITZ_X && text->files == SC_LIPSCHITZ_FILES) {
            return sc_fail(error, SC_E_INPUT, "lipschitz: more than %d --x, expected fewer",
                           SC_LIPSCHITZ_FILES);
        }
        if (found == SC_LIPSCHITZ_X) {
            text->x[text->files++] = optarg;
        } else if (found < SC_LIPSCHITZ_TEXTS && text->of[found] != NULL) {
            return sc_fail(error, SC_E_INPUT, "lipschitz: --%s given twice, expected once",
                           known[index].name);
        } else if (found < SC_LIPSCHITZ_TEXTS) {
            text->of[found] = optarg;
        }
        text->causal = text->causal || found == SC_LIPSCHITZ_CAUSAL;
        text->json = text->json || found == SC_LIPSCHITZ_JSON;
        text->help = text->help || found == SC_LIPSCHITZ_HELP;
    }
    return optind < argc
               ? sc_fail(error, SC_E_INPUT, "lipschitz: '%s', expected options only", argv[optind])
               : check_company(text, error);
}
