/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/coq.h"

#include "tools/proofs/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* More axioms than this are counted in STATUS.md, not named: an interval computation has dozens. */
#define NAMED_MAX 4

/* DIR/NAME. */
static enum sc_status read_in(const char *dir, const char *name, char **text,
                              struct sc_error *error)
{
    char path[1024];

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path) {
        return sc_fail(error, SC_E_INPUT, "%s: name too long", dir);
    }
    return sc_file_read(path, text, error);
}

enum sc_status sc_coq_read(const char *dir, struct sc_coq *coq, struct sc_error *error)
{
    *coq = (struct sc_coq){.text = NULL};
    enum sc_status status = read_in(dir, "assumptions", &coq->text, error);
    if (status == SC_E_IO && errno == ENOENT) {
        return SC_OK;
    }
    if (status == SC_OK) {
        status = read_in(dir, "admitted", &coq->admitted, error);
    }
    if (status == SC_OK) {
        status = read_in(dir, "seconds", &coq->times, error);
    }
    if (status != SC_OK) {
        sc_coq_destroy(coq);
    }
    return status;
}

void sc_coq_destroy(struct sc_coq *coq)
{
    free(coq->text);
    free(coq->admitted);
    free(coq->times);
    *coq = (struct sc_coq){.text = NULL};
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');

    return end == NULL ? line + strlen(line) : end + 1;
}

/* The next axiom of a line from `word` on, with its length; 0 at the end of the line. */
static size_t next_axiom(const char **word)
{
    *word += strspn(*word, " ");
    const size_t length = strcspn(*word, " \n");

    return length == 1 && **word == '-' ? 0 : length;
}

/* Whether the entry at `line` of the trust list speaks of the axiom. */
static bool entry_covers(const char *line, const char *axiom, size_t length)
{
    if (strncmp(line, "coq ", 4) != 0) {
        return false;
    }
    const char *name = line + 4;
    const size_t size = strcspn(name, ":\n");
    const bool prefix = size > 0 && name[size - 1] == '*';
    const size_t fixed = prefix ? size - 1 : size;

    return strncmp(name, axiom, fixed) == 0 && (prefix ? length >= fixed : length == fixed);
}

static bool is_trusted(const char *trusted, const char *axiom, size_t length)
{
    for (const char *line = trusted; *line != '\0'; line = next_line(line)) {
        if (entry_covers(line, axiom, length)) {
            return true;
        }
    }
    return false;
}

/* Whether some theorem rests on what the entry at `entry` speaks of. */
static bool is_used(const char *text, const char *entry)
{
    for (const char *line = text; *line != '\0'; line = next_line(line)) {
        const char *word = line + strcspn(line, " \n");
        for (size_t length = next_axiom(&word); length > 0; length = next_axiom(&word)) {
            if (entry_covers(entry, word, length)) {
                return true;
            }
            word += length;
        }
    }
    return false;
}

/* The first axiom without an entry, or the first entry without an axiom. Returns the number of the former. */
static int64_t compare_trust(const struct sc_coq *coq, const char *trusted, char *detail,
                             size_t size)
{
    int64_t unlisted = 0;

    for (const char *line = coq->text; *line != '\0'; line = next_line(line)) {
        const char *word = line + strcspn(line, " \n");
        for (size_t length = next_axiom(&word); length > 0; length = next_axiom(&word)) {
            if (!is_trusted(trusted, word, length)) {
                (void)snprintf(detail, size, "%.*s rests on %.*s, not in proofs/wp/trusted",
                               (int)strcspn(line, ":\n"), line, (int)length, word);
                unlisted++;
            }
            word += length;
        }
    }
    for (const char *line = trusted; *line != '\0'; line = next_line(line)) {
        if (unlisted == 0 && strncmp(line, "coq ", 4) == 0 && !is_used(coq->text, line)) {
            (void)snprintf(detail, size, "no theorem rests on '%.*s' of proofs/wp/trusted",
                           (int)strcspn(line, ":\n"), line);
        }
    }
    return unlisted;
}

/* The number of lines. */
static int64_t count_lines(const char *text)
{
    int64_t count = 0;

    for (const char *line = text; line != NULL && *line != '\0'; line = next_line(line)) {
        count++;
    }
    return count;
}

static void add(struct sc_evidence *evidence, const char *name, const char *detail)
{
    const bool good = detail[0] == '\0';

    sc_evidence_check(evidence, name, good ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0,
                      good ? NULL : detail);
}

void sc_coq_check(const struct sc_coq *coq, const char *allowed, const char *trusted,
                  struct sc_evidence *evidence)
{
    char detail[512] = "";

    if (coq->text == NULL) {
        sc_evidence_check(evidence, "coq", SC_EVIDENCE_SKIPPED, 0.0, "no coqc");
        return;
    }
    const char *is = coq->text, *may = allowed;
    while (*is != '\0' && strcspn(is, "\n") == strcspn(may, "\n") &&
           strncmp(is, may, strcspn(is, "\n")) == 0) {
        is = next_line(is);
        may = next_line(may);
    }
    if (*is != '\0' || *may != '\0') {
        (void)snprintf(detail, sizeof detail,
                       "Coq says '%.160s', proofs/coq/assumptions allows '%.160s'",
                       *is == '\0' ? "nothing more" : is, *may == '\0' ? "nothing more" : may);
        detail[strcspn(detail, "\n")] = '\0';
    }
    add(evidence, "coq.assumptions", detail);
    (void)snprintf(detail, sizeof detail, "%.*s", (int)strcspn(coq->admitted, "\n"), coq->admitted);
    add(evidence, "coq.admitted", detail);
    detail[0] = '\0';
    const int64_t unlisted = compare_trust(coq, trusted, detail, sizeof detail);
    add(evidence, "coq.trusted", detail);
    sc_evidence_figure(evidence, "proofs.coq.unlisted_axioms", (double)unlisted, "1",
                       SC_EVIDENCE_EQUAL, 0.0);
    sc_evidence_figure(evidence, "proofs.coq.admitted", (double)count_lines(coq->admitted), "1",
                       SC_EVIDENCE_EQUAL, 0.0);
    sc_evidence_figure(evidence, "proofs.coq.theorems", (double)sc_coq_theorems(coq), "1",
                       SC_EVIDENCE_NONE, 0.0);
}

size_t sc_coq_theorems(const struct sc_coq *coq)
{
    return (size_t)count_lines(coq->text);
}

void sc_coq_status(const struct sc_coq *coq, FILE *out)
{
    if (coq->text == NULL) {
        return;
    }
    (void)fprintf(out,
                  "\n## Theorems, by Coq\n\n%zu theorems of [coq](coq), and the axioms that Coq "
                  "says each rests on, all of which are in the\nlist below. Those of an interval "
                  "computation are in [coq/assumptions](coq/assumptions) by name.\n\n"
                  "| theorem | rests on |\n|---|---|\n",
                  sc_coq_theorems(coq));
    for (const char *line = coq->text; *line != '\0'; line = next_line(line)) {
        const size_t name = strcspn(line, ":\n");
        const char *word = line + name + strspn(line + name, ":");
        const char *first = word;
        size_t count = 0;
        for (size_t length = next_axiom(&word); length > 0; length = next_axiom(&word)) {
            count++;
            word += length;
        }
        (void)fprintf(out, "| `%.*s` |", (int)name, line);
        word = first;
        for (size_t n = 0; n < count && count <= NAMED_MAX; n++) {
            const size_t length = next_axiom(&word);
            size_t dot = 0;
            for (size_t c = 0; c < length; c++) {
                dot = word[c] == '.' ? c + 1 : dot;
            }
            (void)fprintf(out, "%s `%.*s`", n == 0 ? "" : ",", (int)(length - dot), word + dot);
            word += length;
        }
        if (count == 0) {
            (void)fputs(" nothing", out);
        } else if (count > NAMED_MAX) {
            (void)fprintf(out, " %zu axioms", count);
        }
        (void)fputs(" |\n", out);
    }
    (void)fputs("\n| file | time |\n|---|---|\n", out);
    for (const char *line = coq->times; *line != '\0'; line = next_line(line)) {
        const size_t name = strcspn(line, " \n");
        (void)fprintf(out, "| [%.*s](coq/%.*s.v) | %.1f s |\n", (int)name, line, (int)name, line,
                      strtod(line + name, NULL));
    }
}
