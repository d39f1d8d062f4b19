/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/examine.h"

static const struct {
    const char *name, *claim;
} checks[SC_CHECKS] = {
    [SC_CHECK_CRASH] = {"crash", "the kernel's process survives the case"},
    [SC_CHECK_HANG] = {"hang", "the kernel answers in time"},
    [SC_CHECK_PROTOCOL] = {"protocol", "the kernel's answers are of the protocol"},
    [SC_CHECK_FAULT] = {"fault", "the kernel's machine sees no race and no access out of bounds"},
    [SC_CHECK_FAILED] = {"failed", "the kernel does the cases that it says it does"},
    [SC_CHECK_UNWRITTEN] = {"unwritten", "every element of the outputs is written"},
    [SC_CHECK_OVERWRITE] = {"red-zone", "nothing beside the outputs' elements is written"},
    [SC_CHECK_INPUT] = {"input", "no input is written"},
    [SC_CHECK_EXACT] = {"exact", "results that any arithmetic gives exactly have those bits"},
    [SC_CHECK_SPECIAL] = {"special",
                          "no NaN or infinity comes of inputs with which no arithmetic overflows"},
    [SC_CHECK_CONFORMS] = {"conforms", "every element keeps the bound of the declared arithmetic"},
    [SC_CHECK_ACCURATE] = {"accurate", "every element is as accurate as was asked for"},
    [SC_CHECK_REPEAT] = {"repeat", "a second run of a deterministic kernel has the same bits"},
    [SC_CHECK_HIDDEN] = {"hidden", "contents that no row sees change nothing"},
    [SC_CHECK_WORKSPACE] = {"workspace",
                            "what an earlier call left in the work space changes nothing"},
    [SC_CHECK_PLACE] = {"place", "another place in batch and heads changes no bit"},
    [SC_CHECK_GROUP] = {"group", "grouped heads agree with repeated ones"},
    [SC_CHECK_NEGATED] = {"negated", "O(Q, b) + O(-Q, -b) is the sum of V"},
    [SC_CHECK_SCALED] = {"scaled", "O of 2^k V is 2^k O"},
    [SC_CHECK_SPLIT] = {"split", "O(V1) + O(V2) is O(V1 + V2)"},
    [SC_CHECK_LAYOUT] = {"layout", "other strides and bases agree"},
    [SC_CHECK_TILING] = {"tiling", "a row agrees with itself at another place in its tile"},
    [SC_CHECK_LEAK] = {"leak", "the kernel's process does not grow with every call"},
};

const char *sc_check_name(enum sc_check check)
{
    return check >= SC_CHECKS ? "none" : checks[check].name;
}

const char *sc_check_claim(enum sc_check check)
{
    return check >= SC_CHECKS ? "" : checks[check].claim;
}
