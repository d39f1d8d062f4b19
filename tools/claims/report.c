/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/report.h"

#include <math.h>
#include <string.h>

#define COLUMNS 100
#define INDENT  11

void sc_claims_print_heading(FILE *out)
{
    (void)fputs(
        "Claims of arXiv 2409.04431 as recalled, in our own words; nothing here quotes the paper.\n"
        "A: in its abstract; R: recalled from its body or its repository; -: neither.\n"
        "A finding is certified (rounding errors bounded), exact, computed (not bounded), checked "
        "by\n"
        "Coq in this build of the proofs or proved and not re-run here, or quoted (measured "
        "elsewhere).\n"
        "Limits are cases within a claim's words where it stops; 'beyond' is what it does not "
        "speak "
        "of.\n",
        out);
}

/* Text after a label, broken between words. */
static void print_wrapped(const char *label, const char *text, FILE *out)
{
    int column = INDENT;

    (void)fprintf(out, "  %-*s", INDENT - 2, label);
    while (*text != '\0') {
        const int length = (int)strcspn(text, " ");
        if (column == INDENT) {
            (void)fprintf(out, "%.*s", length, text);
        } else if (column + length >= COLUMNS) {
            (void)fprintf(out, "\n%*s%.*s", INDENT, "", length, text);
            column = INDENT;
        } else {
            (void)fprintf(out, " %.*s", length, text);
        }
        column += length + 1;
        text += length + (text[length] == ' ' ? 1 : 0);
    }
    (void)fputc('\n', out);
}

static const char *outcome_word(enum sc_found_outcome outcome)
{
    return outcome == SC_FOUND_YES ? "" : outcome == SC_FOUND_NO ? "NOT SO: " : "OPEN: ";
}

void sc_claims_print(const struct sc_claims_row *row, const struct sc_found_list *result, FILE *out)
{
    char line[SC_FOUND_TEXT_BYTES + 64];

    (void)fprintf(out, "\n%d %c  %s\n", row->number, row->mark, row->statement);
    print_wrapped("checked", row->how, out);
    for (int32_t n = 0; n < result->count; n++) {
        const struct sc_found *x = &result->findings[n];
        const bool plain = x->part == SC_FOUND_STATED || x->part == SC_FOUND_LEMMA;
        const bool coq = x->basis == SC_FOUND_COQ || x->basis == SC_FOUND_NOT_RERUN;
        (void)snprintf(line, sizeof line, "%s%s%s%s%s%s%s", outcome_word(x->outcome),
                       plain ? "" : sc_found_part_word(x->part), plain ? "" : ": ", x->text,
                       coq ? "" : " [", coq ? "" : sc_found_basis_word(x->basis), coq ? "" : "]");
        print_wrapped(n == 0 ? "evidence" : "", line, out);
    }
    (void)snprintf(line, sizeof line, "%s%s", sc_found_verdict_word(sc_found_judge(result)),
                   sc_claims_as_expected(row, result) ? "" : " (NOT what was expected)");
    print_wrapped("verdict", line, out);
    print_wrapped("limit", row->limit, out);
}

static json_t *finding_json(const struct sc_found *x)
{
    static const char *const outcomes[] = {"yes", "no", "open"};
    json_t *finding = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", x->name, "part",
                                sc_found_part_word(x->part), "basis", sc_found_basis_word(x->basis),
                                "outcome", outcomes[x->outcome], "text", x->text);

    if (finding != NULL && isfinite(x->value)) {
        (void)json_object_set_new(finding, "value", json_real(x->value));
    }
    return finding;
}

json_t *sc_claims_json(const struct sc_claims_row *row, const struct sc_found_list *result)
{
    const char mark[2] = {row->mark, '\0'};
    json_t *findings = json_array();

    for (int32_t n = 0; n < result->count; n++) {
        (void)json_array_append_new(findings, finding_json(&result->findings[n]));
    }
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o}", "claim", (int)row->number,
                     "statement", row->statement, "mark", mark, "how", row->how, "verdict",
                     sc_found_verdict_word(sc_found_judge(result)), "expected",
                     sc_found_verdict_word(row->expected), "limit", row->limit, "as_expected",
                     (int)sc_claims_as_expected(row, result), "findings", findings);
}

void sc_claims_record(const struct sc_claims_row *row, const struct sc_found_list *result,
                      double seconds, struct sc_evidence *evidence)
{
    char name[SC_FOUND_NAME_BYTES + 32], detail[SC_FOUND_TEXT_BYTES + 128];
    int32_t first = -1;

    for (int32_t n = result->count; n-- > 0;) {
        first = result->findings[n].outcome == SC_FOUND_YES ? first : n;
    }
    (void)snprintf(name, sizeof name, "claims.%d", row->number);
    (void)snprintf(detail, sizeof detail, "%s%s%s", sc_found_verdict_word(sc_found_judge(result)),
                   first < 0 ? "" : "; not so: ", first < 0 ? "" : result->findings[first].text);
    if (row->check != NULL) {
        sc_evidence_check(evidence, name,
                          sc_claims_as_expected(row, result) ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL,
                          seconds, detail);
    }
    for (int32_t n = 0; n < result->count; n++) {
        if (!isnan(result->findings[n].value)) {
            (void)snprintf(name, sizeof name, "claims.%d.%s", row->number,
                           result->findings[n].name);
            sc_evidence_figure(evidence, name, result->findings[n].value, "1", SC_EVIDENCE_NONE,
                               0.0);
        }
    }
}
