/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/worker.h"

#include "fuzz/call.h"
#include "fuzz/clock.h"
#include "fuzz/image.h"
#include "fuzz/process.h"
#include "fuzz/traits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROCESS_BYTES ((int64_t)8 << 30) /* that a process may take besides tensors */
#define COPIES        4                  /* of the tensors, that it may have */
/* For an answer. A device that several processes share gives each its turn: a call with thousands of small copies, for
 * rows that lie gigabytes apart, has taken more than ten. */
#define HOST_SECONDS   10.0
#define DEVICE_SECONDS 120.0

struct sc_worker {
    struct sc_worker_options options;
    struct sc_worker_kernel kernel;
    struct sc_image *image;
    struct sc_process *process; /* NULL: none */
    uint64_t id;
    int64_t calls, largest;
};

static double patience(const struct sc_worker *worker)
{
    return worker->options.seconds > 0 ? worker->options.seconds
           : worker->kernel.device     ? DEVICE_SECONDS
                                       : HOST_SECONDS;
}

static int64_t may_take(const struct sc_worker *worker)
{
    return PROCESS_BYTES + COPIES * worker->options.memory_bytes;
}

static void stop(struct sc_worker *worker)
{
    sc_process_destroy(worker->process);
    worker->process = NULL;
    worker->calls = 0;
}

/* Starts the process and asks what it is. */
static enum sc_status start(struct sc_worker *worker, struct sc_error *error)
{
    static const char hello[] = "hello 1\n";
    char line[SC_TRAITS_TEXT_MAX], why[256] = "no answer in time";
    struct sc_error wrong = {SC_OK, ""};
    size_t bytes = 0;
    enum sc_status status = sc_process_create(worker->options.command, sc_image_file(worker->image),
                                              &worker->process, error);

    if (status != SC_OK) {
        return status;
    }
    sc_process_send(worker->process, hello, strlen(hello));
    const enum sc_process_news news =
        sc_process_listen(worker->process, worker->options.start_seconds, may_take(worker), line,
                          sizeof line, &bytes);
    if (news == SC_PROCESS_DEAD) {
        sc_process_explain(worker->process, why, sizeof why);
    }
    if (news == SC_PROCESS_LINE && bytes < sizeof line) {
        status = sc_traits_parse(line, bytes, &worker->kernel, &wrong);
    } else {
        status = SC_E_UNAVAILABLE;
    }
    if (status != SC_OK) {
        status = sc_fail(error, SC_E_UNAVAILABLE, "worker: '%.120s' does not start: %.300s",
                         worker->options.command, wrong.text[0] != '\0' ? wrong.text : why);
        stop(worker);
    }
    return status;
}

enum sc_status sc_worker_create(const struct sc_worker_options *options, struct sc_worker **created,
                                struct sc_error *error)
{
    struct sc_worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL) {
        return sc_fail(error, SC_E_MEMORY, "worker: no memory");
    }
    worker->options = *options;
    enum sc_status status = sc_image_create(options->memory_bytes, &worker->image, error);
    if (status == SC_OK) {
        status = start(worker, error);
    }
    if (status != SC_OK) {
        sc_worker_destroy(worker);
        return status;
    }
    *created = worker;
    return SC_OK;
}

const struct sc_worker_kernel *sc_worker_kernel(const struct sc_worker *worker)
{
    return &worker->kernel;
}

void sc_worker_destroy(struct sc_worker *worker)
{
    if (worker != NULL) {
        sc_process_destroy(worker->process);
        sc_image_destroy(worker->image);
        free(worker);
    }
}

int64_t sc_worker_calls(const struct sc_worker *worker)
{
    return worker->calls;
}

int64_t sc_worker_largest(const struct sc_worker *worker)
{
    return worker->largest;
}

void sc_worker_restart(struct sc_worker *worker)
{
    stop(worker);
}

/* Reads "sigmacert WORD ID[ WHY]". */
static bool read_answer(const char *line, uint64_t id, struct sc_outcome *outcome)
{
    static const struct {
        const char *word;
        enum sc_ending ending;
    } words[] = {{"done", SC_ENDING_DONE},
                 {"refused", SC_ENDING_REFUSED},
                 {"failed", SC_ENDING_FAILED},
                 {"fault", SC_ENDING_FAULT}};
    char begin[64];

    for (size_t n = 0; n < sizeof words / sizeof words[0]; n++) {
        const size_t bytes = (size_t)snprintf(begin, sizeof begin, "sigmacert %s %llu",
                                              words[n].word, (unsigned long long)id);
        const bool why = line[bytes < strlen(line) ? bytes : strlen(line)] == ' ';
        if (strncmp(line, begin, bytes) == 0 && (line[bytes] == '\0' || (why && n > 0))) {
            outcome->ending = words[n].ending;
            (void)snprintf(outcome->text, sizeof outcome->text, "%s", why ? line + bytes + 1 : "");
            return true;
        }
    }
    return false;
}

/* Whatever a worker says, the text is one line of printable ASCII. */
static void clean(char *text)
{
    for (; *text != '\0'; text++) {
        *text = *text < ' ' || *text > '~' ? '?' : *text;
    }
}

/* What the news say of the call; `about` is put before the text. */
static void end_call(struct sc_worker *worker, enum sc_process_news news, const char *line,
                     size_t bytes, const char *about, struct sc_outcome *outcome)
{
    char how[384];

    switch (news) {
    case SC_PROCESS_LINE:
        if (bytes < SC_CALL_TEXT_MAX && read_answer(line, worker->id, outcome)) {
            worker->calls++;
            clean(outcome->text);
            return;
        }
        outcome->ending = SC_ENDING_GARBLED;
        (void)snprintf(how, sizeof how, "answered '%.200s'", line);
        break;
    case SC_PROCESS_DEAD:
        outcome->ending = SC_ENDING_CRASHED;
        sc_process_explain(worker->process, how, sizeof how);
        break;
    case SC_PROCESS_FULL:
        outcome->ending = SC_ENDING_CRASHED;
        (void)snprintf(how, sizeof how, "killed: it took more than %lld bytes of memory",
                       (long long)may_take(worker));
        break;
    default:
        outcome->ending = SC_ENDING_HUNG;
        (void)snprintf(how, sizeof how, "no answer in %g s; killed", patience(worker));
        break;
    }
    (void)snprintf(outcome->text, sizeof outcome->text, "%s%s", about, how);
    clean(outcome->text);
    stop(worker);
}

/* A worker whose answer was read is quiet and lives; else that is how this call ends. */
static bool is_quiet(struct sc_worker *worker, struct sc_outcome *outcome)
{
    char line[SC_CALL_TEXT_MAX];
    size_t bytes = 0;
    const uint64_t id = worker->id;
    const enum sc_process_news news =
        sc_process_listen(worker->process, 0.0, may_take(worker), line, sizeof line, &bytes);

    if (news == SC_PROCESS_SILENT) {
        return true;
    }
    worker->id = UINT64_MAX; /* no answer is right now */
    end_call(worker, news, line, bytes, "after the answer to the call before: ", outcome);
    worker->id = id;
    return false;
}

static void ask(struct sc_worker *worker, const struct sc_call *call, struct sc_outcome *outcome)
{
    char line[SC_CALL_TEXT_MAX];
    size_t bytes = sc_call_print(call, line);
    const double before = sc_clock_now();

    line[bytes++] = '\n';
    sc_process_send(worker->process, line, bytes);
    const enum sc_process_news news = sc_process_listen(
        worker->process, patience(worker), may_take(worker), line, sizeof line, &bytes);
    outcome->seconds = sc_clock_now() - before;
    if (news == SC_PROCESS_LINE) {
        outcome->resident_bytes = sc_process_resident(worker->process);
    }
    const int64_t largest = sc_process_largest(worker->process);
    worker->largest = largest > worker->largest ? largest : worker->largest;
    end_call(worker, news, line, bytes, "", outcome);
}

enum sc_status sc_worker_run(struct sc_worker *worker, const struct sc_prepared *prepared,
                             const struct sc_worker_call *asked, struct sc_outcome *outcome,
                             struct sc_error *error)
{
    const bool d_b =
        asked->backward && (worker->kernel.traits.features & SC_KERNEL_BIAS_GRADIENT) != 0;
    struct sc_call call = {.id = ++worker->id,
                           .seed = asked->seed,
                           .backward = asked->backward,
                           .fresh = asked->fresh_workspace,
                           .d_b = d_b ? 0 : SC_CALL_NONE};
    enum sc_status status = SC_OK;

    memset(outcome, 0, sizeof *outcome);
    if (worker->process != NULL && !is_quiet(worker, outcome)) {
        return SC_OK;
    }
    if (worker->process == NULL) {
        status = start(worker, error);
    }
    if (status == SC_OK) {
        struct sc_error why = {SC_OK, ""};
        status = sc_image_place(worker->image, prepared, &call, &why);
        if (status == SC_E_UNAVAILABLE) { /* more than the caller allows: no matter of the kernel */
            outcome->ending = SC_ENDING_REFUSED;
            (void)snprintf(outcome->text, sizeof outcome->text, "%s", why.text);
            return SC_OK;
        }
        status = status == SC_OK ? SC_OK : sc_fail(error, status, "%s", why.text);
    }
    if (status == SC_OK) {
        ask(worker, &call, outcome);
        status = sc_image_collect(worker->image, outcome->ending == SC_ENDING_DONE, outcome, error);
    }
    if (status != SC_OK) {
        sc_outcome_destroy(outcome);
    }
    return status;
}
