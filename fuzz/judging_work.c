/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/judging_work.h"

#include "fuzz/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

struct work {
    int file;
    struct sc_worker *worker;
    const struct sc_examine_options *examine;
    struct sc_reply reply; /* being put together */
};

bool sc_judging_write(int file, const void *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        const ssize_t count = send(file, (const char *)bytes + done, size - done, MSG_NOSIGNAL);
        if (count > 0) {
            done += (size_t)count;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool sc_judging_read(int file, void *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        const ssize_t count = recv(file, (char *)bytes + done, size - done, 0);
        if (count > 0) {
            done += (size_t)count;
        } else if (count == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Largest so far, of this process and of the worker's: those that have ended, and the one that lives. */
static void measure(const struct work *work, struct sc_reply *reply)
{
    const int64_t alive = work->worker != NULL ? sc_worker_largest(work->worker) : 0;
    struct rusage self, children;

    if (getrusage(RUSAGE_SELF, &self) != 0 || getrusage(RUSAGE_CHILDREN, &children) != 0) {
        return;
    }
    const int64_t ended = 1024 * (int64_t)children.ru_maxrss;
    reply->worker_bytes = alive > ended ? alive : ended;
    reply->resident_bytes = 1024 * (int64_t)self.ru_maxrss + reply->worker_bytes;
}

static enum sc_status send_reply(struct work *work, enum sc_reply_kind kind,
                                 const struct sc_recipe *recipes, struct sc_error *error)
{
    work->reply.kind = kind;
    measure(work, &work->reply);
    if (!sc_judging_write(work->file, &work->reply, sizeof work->reply) ||
        !sc_judging_write(work->file, recipes, (size_t)work->reply.count * sizeof *recipes)) {
        return sc_fail(error, SC_E_UNAVAILABLE, "judging: nobody listens");
    }
    return SC_OK;
}

/* sc_pursuit_confirmed */
static enum sc_status tell_confirmed(void *context, const struct sc_confirmed *confirmed,
                                     struct sc_error *error)
{
    struct work *const work = context;

    work->reply.confirmed = *confirmed;
    return send_reply(work, SC_REPLY_CONFIRMED, NULL, error);
}

static enum sc_status pursue(struct work *work, const struct sc_job *job,
                             const struct sc_recipe *recipes)
{
    const struct sc_pursuit_task task = {recipes, job->count, job->check};
    struct sc_pursuit pursuit;
    struct sc_reply *const reply = &work->reply;
    const enum sc_status status = sc_pursue(work->worker, work->examine, &task, tell_confirmed,
                                            work, &pursuit, &reply->error);

    reply->fresh = true;
    reply->error.status = status;
    if (status != SC_OK) {
        return send_reply(work, SC_REPLY_PURSUED, NULL, NULL);
    }
    reply->confirmed = pursuit.confirmed;
    reply->tries = pursuit.tries;
    reply->count = pursuit.confirmed.count;
    (void)strcpy(reply->text, pursuit.text);
    const enum sc_status sent = send_reply(work, SC_REPLY_PURSUED, pursuit.recipes, NULL);
    sc_pursuit_destroy(&pursuit);
    return sent;
}

static enum sc_status examine(struct work *work, const struct sc_job *job,
                              const struct sc_recipe *recipes)
{
    struct sc_reply *const reply = &work->reply;
    const int64_t calls = job->fresh ? 0 : sc_worker_calls(work->worker);

    reply->error.status = job->fresh ? sc_trial_sequence(work->worker, work->examine, recipes,
                                                         job->count, &reply->trial, &reply->error)
                                     : sc_trial_run(work->worker, work->examine, &recipes[0],
                                                    &reply->trial, &reply->error);
    /* A process that failed may be spoiled. One that was started anew meanwhile has another past. */
    reply->fresh = job->retire || reply->error.status != SC_OK ||
                   sc_trial_found(&reply->trial)->failed != 0 ||
                   sc_worker_calls(work->worker) < calls;
    if (reply->fresh) {
        sc_worker_restart(work->worker);
    }
    return send_reply(work, SC_REPLY_EXAMINED, NULL, NULL);
}

void sc_judging_work(int file, const struct sc_worker_options *worker,
                     const struct sc_examine_options *examine_options)
{
    struct work work = {.file = file, .examine = examine_options};
    struct sc_job job;

    work.reply.error.status = sc_worker_create(worker, &work.worker, &work.reply.error);
    if (work.reply.error.status == SC_OK) {
        work.reply.kernel = *sc_worker_kernel(work.worker);
    }
    enum sc_status status = send_reply(&work, SC_REPLY_HELLO, NULL, NULL);
    while (status == SC_OK && work.worker != NULL && sc_judging_read(file, &job, sizeof job)) {
        const size_t size = (size_t)job.count * sizeof(struct sc_recipe);
        struct sc_recipe *const recipes = malloc(size);
        if (recipes == NULL || !sc_judging_read(file, recipes, size)) {
            free(recipes);
            break;
        }
        memset(&work.reply, 0, sizeof work.reply);
        status = job.kind == SC_JOB_PURSUE ? pursue(&work, &job, recipes)
                                           : examine(&work, &job, recipes);
        free(recipes);
    }
    sc_worker_destroy(work.worker);
}
