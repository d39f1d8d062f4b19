/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_JUDGING_H
#define SC_FUZZ_JUDGING_H

#include "fuzz/examine.h"
#include "fuzz/pursuit.h"
#include "fuzz/recipe.h"
#include "fuzz/trial.h"
#include "fuzz/worker.h"

#include <stdbool.h>
#include <stdint.h>

/* A process that judges: a fork of this one with a worker of its own, so that several cases are examined at a time,
 * and what the oracle leaves in memory is gone with it. It ends with this process. */
struct sc_judging;

enum sc_job_kind {
    SC_JOB_EXAMINE, /* run cases one after another, examine the last */
    SC_JOB_PURSUE   /* pursue a failure of the last (fuzz/pursuit.h) */
};

struct sc_job {
    enum sc_job_kind kind;
    bool fresh;          /* in a fresh process of the worker */
    bool retire;         /* end that process after it */
    enum sc_check check; /* to be pursued */
    int32_t count;       /* of recipes */
};

enum sc_reply_kind {
    SC_REPLY_HELLO,     /* it is ready: the kernel */
    SC_REPLY_EXAMINED,  /* and waits for the next job */
    SC_REPLY_CONFIRMED, /* of a failure; more follows */
    SC_REPLY_PURSUED    /* and waits for the next job */
};

struct sc_reply {
    enum sc_reply_kind kind;
    struct sc_error
        error; /* a status that is not SC_OK: this is why, and it waits for the next job */
    struct sc_worker_kernel kernel;
    struct sc_trial trial;
    bool fresh; /* the next case gets a fresh process of the worker */
    struct sc_confirmed confirmed;
    int32_t tries;
    char text[512];
    int64_t resident_bytes; /* largest of this process and of the worker's, so far */
    int64_t worker_bytes;   /* of these the worker's */
    int32_t count;          /* of recipes that go with it */
};

/* Forks. The first reply is SC_REPLY_HELLO.
 *   worker, examine  borrowed and kept
 * SC_E_MEMORY, SC_E_UNAVAILABLE. */
enum sc_status sc_judging_create(const struct sc_worker_options *worker,
                                 const struct sc_examine_options *examine,
                                 struct sc_judging **created, struct sc_error *error);

/* Ends the process with its worker: at once, or after its job. NULL is allowed. */
void sc_judging_destroy(struct sc_judging *judging, bool at_once);

/* A file that can be read when a reply, or the end of the process, is there. */
int sc_judging_file(const struct sc_judging *judging);

/* Gives it a job. SC_E_UNAVAILABLE: it is dead. */
enum sc_status sc_judging_send(struct sc_judging *judging, const struct sc_job *job,
                               const struct sc_recipe *recipes, struct sc_error *error);

/* Waits for a reply.
 *   recipes  receives reply->count of them, which the caller frees; NULL if none
 * SC_E_UNAVAILABLE: it is dead; the text says how it died. SC_E_MEMORY. */
enum sc_status sc_judging_receive(struct sc_judging *judging, struct sc_reply *reply,
                                  struct sc_recipe **recipes, struct sc_error *error);

#endif
