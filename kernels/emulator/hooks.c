/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/access.h"
#include "kernels/emulator/schedule.h"
#include "kernels/emulator/state.h"

/* The functions that gcc and clang call before each load and store of a file compiled with
 * -fsanitize=thread; of the sanitizer's library, these are all that such files need. Not declared in any
 * header: the compiler knows them. Outside of a launch they do nothing: a kernel's file may have functions
 * for the host. C11 atomics have no hook here, and so do not link: kernels have kernels/primitives. */

static void touched(const void *address, size_t bytes, size_t alignment, enum sc_race_kind kind,
                    void *site)
{
    struct sc_emulator *emulator = sc_state_running;

    if (emulator != NULL) {
        sc_schedule_step(emulator, (uintptr_t)site);
        sc_access(emulator, address, bytes, alignment, kind, (uintptr_t)site);
    }
}

#define HOOKS(bytes)                                                                               \
    void __tsan_read##bytes(const void *address);                                                  \
    void __tsan_read##bytes(const void *address)                                                   \
    {                                                                                              \
        touched(address, bytes, bytes, SC_RACE_READ, __builtin_return_address(0));                 \
    }                                                                                              \
    void __tsan_write##bytes(const void *address);                                                 \
    void __tsan_write##bytes(const void *address)                                                  \
    {                                                                                              \
        touched(address, bytes, bytes, SC_RACE_WRITE, __builtin_return_address(0));                \
    }                                                                                              \
    void __tsan_volatile_read##bytes(const void *address);                                         \
    void __tsan_volatile_read##bytes(const void *address)                                          \
    {                                                                                              \
        touched(address, bytes, bytes, SC_RACE_READ, __builtin_return_address(0));                 \
    }                                                                                              \
    void __tsan_volatile_write##bytes(const void *address);                                        \
    void __tsan_volatile_write##bytes(const void *address)                                         \
    {                                                                                              \
        touched(address, bytes, bytes, SC_RACE_WRITE, __builtin_return_address(0));                \
    }                                                                                              \
    /* The compiler itself takes it for misaligned, and a device's would go byte by byte. */       \
    void __tsan_unaligned_read##bytes(const void *address);                                        \
    void __tsan_unaligned_read##bytes(const void *address)                                         \
    {                                                                                              \
        touched(address, bytes, 1, SC_RACE_READ, __builtin_return_address(0));                     \
    }                                                                                              \
    void __tsan_unaligned_write##bytes(const void *address);                                       \
    void __tsan_unaligned_write##bytes(const void *address)                                        \
    {                                                                                              \
        touched(address, bytes, 1, SC_RACE_WRITE, __builtin_return_address(0));                    \
    }

HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

/* A copy of a whole structure, or of a member without the alignment of its size. */
void __tsan_read_range(const void *address, size_t bytes);
void __tsan_read_range(const void *address, size_t bytes)
{
    touched(address, bytes, 1, SC_RACE_READ, __builtin_return_address(0));
}

void __tsan_write_range(const void *address, size_t bytes);
void __tsan_write_range(const void *address, size_t bytes)
{
    touched(address, bytes, 1, SC_RACE_WRITE, __builtin_return_address(0));
}

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(const void *caller);
void __tsan_func_entry(const void *caller)
{
    (void)caller;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}
