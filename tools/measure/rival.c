/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/rival.h"

#include "fuzz/process.h"

#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 512

struct sc_rival {
    const char *command;
    double seconds, start_seconds;
    struct sc_process *process; /* NULL: not running */
    int32_t starts, questions;
    char version[SC_RIVAL_TEXT_BYTES]; /* of the running process */
    char reason[SC_RIVAL_TEXT_BYTES];  /* why the last one is not running any more */
};

enum sc_status sc_rival_create(const char *command, double seconds, double start_seconds,
                               struct sc_rival **created, struct sc_error *error)
{
    struct sc_rival *rival = calloc(1, sizeof *rival);

    if (rival == NULL) {
        return sc_fail(error, SC_E_MEMORY, "rival: no memory");
    }
    rival->command = command;
    rival->seconds = seconds;
    rival->start_seconds = start_seconds;
    *created = rival;
    return SC_OK;
}

void sc_rival_destroy(struct sc_rival *rival)
{
    if (rival != NULL) {
        sc_process_destroy(rival->process);
        free(rival);
    }
}

/* Ends the process; false. */
static bool __attribute__((format(printf, 2, 3)))
give_up(struct sc_rival *rival, const char *format, ...)
{
    va_list values;

    sc_process_destroy(rival->process);
    rival->process = NULL;
    va_start(values, format);
    (void)vsnprintf(rival->reason, sizeof rival->reason, format, values);
    va_end(values);
    return false;
}

/* Waits for the answer to the last question: what stands behind its number, "ok ..." or "no ...". False, with the reason
 * kept and the process ended, for anything else. */
static bool hear(struct sc_rival *rival, double seconds, char line[LINE_BYTES], const char **answer)
{
    char begin[64], how[SC_RIVAL_TEXT_BYTES];
    size_t bytes;

    switch (sc_process_listen(rival->process, seconds, INT64_MAX, line, LINE_BYTES, &bytes)) {
    case SC_PROCESS_LINE:
        break;
    case SC_PROCESS_SILENT:
        return give_up(rival, "no answer in %g s", seconds);
    case SC_PROCESS_DEAD:
    case SC_PROCESS_FULL:
        sc_process_explain(rival->process, how, sizeof how);
        return give_up(rival, "%.200s", how);
    }
    for (char *at = line; *at != '\0'; at++) {
        *at = (unsigned char)*at < ' ' || *at == 127 ? '?' : *at;
    }
    (void)snprintf(begin, sizeof begin, "sigmacert %d ", rival->questions);
    *answer = line + strlen(begin);
    if (bytes >= LINE_BYTES || strncmp(line, begin, strlen(begin)) != 0 ||
        (strncmp(*answer, "ok ", 3) != 0 && strncmp(*answer, "no ", 3) != 0)) {
        return give_up(rival, "answered '%.120s', expected '%sok ...' or '%sno ...'", line, begin,
                       begin);
    }
    return true;
}

/* Asks; `words` without the number. */
static bool ask(struct sc_rival *rival, const char *words, double seconds, char line[LINE_BYTES],
                const char **answer)
{
    char question[128];

    rival->questions++;
    const int bytes = snprintf(question, sizeof question, "%d %s\n", rival->questions, words);
    sc_process_send(rival->process, question, (size_t)bytes);
    return hear(rival, seconds, line, answer);
}

static bool start(struct sc_rival *rival)
{
    struct sc_error error = {SC_OK, ""};
    char line[LINE_BYTES];
    const char *answer;

    if (rival->process != NULL) {
        return true;
    }
    if (rival->starts == SC_RIVAL_STARTS) {
        return false;
    }
    rival->starts++;
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC); /* a process is given some file */
    const enum sc_status status =
        sc_process_create(rival->command, nothing, &rival->process, &error);
    (void)close(nothing);
    if (status != SC_OK) {
        return give_up(rival, "%.200s", error.text);
    }
    if (!ask(rival, "version", rival->start_seconds, line, &answer)) {
        return false;
    }
    if (answer[0] == 'n') {
        rival->starts = SC_RIVAL_STARTS; /* what it lacks it will lack again */
        return give_up(rival, "%.200s", answer + 3);
    }
    (void)snprintf(rival->version, sizeof rival->version, "%.200s", answer + 3);
    return true;
}

bool sc_rival_version(struct sc_rival *rival, char text[SC_RIVAL_TEXT_BYTES])
{
    const bool there = start(rival);

    (void)snprintf(text, SC_RIVAL_TEXT_BYTES, "%s", there ? rival->version : rival->reason);
    return there;
}

/* Three decimal numbers with a blank between and nothing behind. */
static bool parse_times(const char *text, struct sc_bench_times *ms)
{
    double values[3];

    for (int n = 0; n < 3; n++) {
        char *end;
        if (text[0] < '0' || text[0] > '9') {
            return false;
        }
        values[n] = strtod(text, &end);
        if (end == text || *end != (n < 2 ? ' ' : '\0')) {
            return false;
        }
        text = end + 1;
    }
    ms->median = values[0];
    ms->least = values[1];
    ms->most = values[2];
    return ms->least > 0.0 && ms->least <= ms->median && ms->median <= ms->most &&
           isfinite(ms->most);
}

bool sc_rival_ask(struct sc_rival *rival, const struct sc_rival_question *question,
                  struct sc_bench_times *ms, char reason[SC_RIVAL_TEXT_BYTES])
{
    char words[96], line[LINE_BYTES];
    const char *answer;

    (void)snprintf(words, sizeof words, "%.16s %.16s %d %d %d", question->backend, question->pass,
                   question->d, question->n, question->causal);
    if (start(rival) && ask(rival, words, rival->seconds, line, &answer)) {
        if (answer[0] == 'n') {
            (void)snprintf(reason, SC_RIVAL_TEXT_BYTES, "%.200s", answer + 3);
            return false;
        }
        if (parse_times(answer + 3, ms)) {
            return true;
        }
        (void)give_up(rival, "answered '%.120s', expected ok MEDIAN MIN MAX in milliseconds",
                      answer);
    }
    (void)snprintf(reason, SC_RIVAL_TEXT_BYTES, "%s", rival->reason);
    return false;
}
