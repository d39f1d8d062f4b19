/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/feature.h"

/* Sets of values, by their numbers in feature.c. */
#define V(x)        (1u << (x))
#define FROM(x)     (~0u << (x)) /* this and all above */
#define BUT(x)      (~(1u << (x)))
#define LENGTH_MANY (BUT(1) & BUT(5)) /* not 1 and not below 8 */

/* None of the values of one set comes with one of the other. */
static const struct {
    enum sc_feature_subject a;
    uint32_t a_values;
    enum sc_feature_subject b;
    uint32_t b_values;
} rules[] = {
    /* a mask is its two sides */
    {SC_FEATURE_MASK, V(0) | V(1) | V(4), SC_FEATURE_LEFT, FROM(1)},
    {SC_FEATURE_MASK, V(2) | V(3), SC_FEATURE_LEFT, V(0)},
    {SC_FEATURE_MASK, V(0) | V(3), SC_FEATURE_RIGHT, FROM(1)},
    {SC_FEATURE_MASK, V(1), SC_FEATURE_RIGHT, BUT(1)},
    {SC_FEATURE_MASK, V(2), SC_FEATURE_RIGHT, V(0)},
    {SC_FEATURE_MASK, V(4), SC_FEATURE_RIGHT, V(0) | V(1)},
    /* a side that is short of the keys takes two of them */
    {SC_FEATURE_LEFT, V(2) | V(3), SC_FEATURE_KEYS, V(0) | V(1)},
    {SC_FEATURE_RIGHT, V(2) | V(3), SC_FEATURE_KEYS, V(0) | V(1)},
    /* lengths short of the keys */
    {SC_FEATURE_LENGTHS, V(2), SC_FEATURE_KEYS, V(0) | V(1) | V(5)},
    {SC_FEATURE_LENGTHS, V(3) | V(4), SC_FEATURE_KEYS, V(0) | V(1)},
    {SC_FEATURE_LENGTHS, V(5), SC_FEATURE_KEYS, V(0)},
    {SC_FEATURE_LENGTHS, V(2), SC_FEATURE_BATCH, V(2)},
    {SC_FEATURE_LENGTHS, V(2), SC_FEATURE_HEADS, V(2)},
    /* sequences that share the rows */
    {SC_FEATURE_PACKED, V(1), SC_FEATURE_BATCH, BUT(0)},
    {SC_FEATURE_PACKED, FROM(2), SC_FEATURE_BATCH, V(0)},
    {SC_FEATURE_PACKED, V(4), SC_FEATURE_BATCH, V(2)},
    {SC_FEATURE_PACKED, FROM(2), SC_FEATURE_HEADS, V(2)},
    {SC_FEATURE_PACKED, V(3), SC_FEATURE_ROWS, V(0)},
    {SC_FEATURE_PACKED, V(4), SC_FEATURE_ROWS, V(0) | V(1)},
    {SC_FEATURE_PACKED, V(4), SC_FEATURE_KEYS, V(0) | V(1)},
    /* what a mask of bytes has */
    {SC_FEATURE_PLANE, V(0), SC_FEATURE_DENSITY, BUT(0)},
    {SC_FEATURE_PLANE, BUT(0), SC_FEATURE_DENSITY, V(0)},
    {SC_FEATURE_PLANE, V(0), SC_FEATURE_SHARING, BUT(0)},
    {SC_FEATURE_PLANE, BUT(0), SC_FEATURE_SHARING, V(0)},
    {SC_FEATURE_DENSITY, V(0), SC_FEATURE_SHARING, BUT(0)},
    {SC_FEATURE_DENSITY, BUT(0), SC_FEATURE_SHARING, V(0)},
    /* classes of values that set the scores themselves */
    {SC_FEATURE_ALIBI, BUT(0), SC_FEATURE_VALUES, V(SC_VALUES_EXACT)},
    {SC_FEATURE_BIAS, V(0) | V(2) | V(3), SC_FEATURE_VALUES, V(SC_VALUES_EXACT)},
    {SC_FEATURE_BIAS, V(0) | V(1), SC_FEATURE_VALUES, V(SC_VALUES_BIAS)},
    /* lengths and their relation */
    {SC_FEATURE_ROWS, V(0), SC_FEATURE_RELATION, V(1) | V(3) | V(4)},
    {SC_FEATURE_ROWS, V(1), SC_FEATURE_RELATION, V(3)},
    {SC_FEATURE_ROWS, V(8), SC_FEATURE_RELATION, V(2)},
    {SC_FEATURE_KEYS, V(0), SC_FEATURE_RELATION, V(1) | V(2) | V(3)},
    {SC_FEATURE_KEYS, V(1), SC_FEATURE_RELATION, V(1)},
    {SC_FEATURE_KEYS, V(8), SC_FEATURE_RELATION, V(4)},
    /* 65535 or more, and little else */
    {SC_FEATURE_ROWS, LENGTH_MANY, SC_FEATURE_BATCH, V(2)},
    {SC_FEATURE_ROWS, LENGTH_MANY, SC_FEATURE_HEADS, V(2)},
    {SC_FEATURE_KEYS, LENGTH_MANY, SC_FEATURE_BATCH, V(2)},
    {SC_FEATURE_KEYS, LENGTH_MANY, SC_FEATURE_HEADS, V(2)},
    {SC_FEATURE_RELATION, V(2) | V(4), SC_FEATURE_BATCH, V(2)},
    {SC_FEATURE_RELATION, V(2) | V(4), SC_FEATURE_HEADS, V(2)},
    {SC_FEATURE_BATCH, V(2), SC_FEATURE_HEADS, BUT(0)},
    {SC_FEATURE_BATCH, V(1), SC_FEATURE_HEADS, V(2)},
    {SC_FEATURE_GROUP, V(0), SC_FEATURE_HEADS, BUT(0)},
    {SC_FEATURE_GROUP, BUT(0), SC_FEATURE_HEADS, V(0)},
    {SC_FEATURE_GROUP, BUT(0), SC_FEATURE_BATCH, V(2)},
    {SC_FEATURE_GROUP, V(3) | V(4), SC_FEATURE_HEADS, V(2)},
    /* numbers and their divisors */
    {SC_FEATURE_D_SIZE, V(0), SC_FEATURE_D_MULTIPLE, BUT(0)},
    {SC_FEATURE_D_SIZE, V(1), SC_FEATURE_D_MULTIPLE, V(3) | V(4)},
    {SC_FEATURE_D_SIZE, V(3), SC_FEATURE_D_MULTIPLE, BUT(4)},
    {SC_FEATURE_D_SIZE, V(0), SC_FEATURE_D_V_RELATION, V(1)},
    /* strides of tensors that are too small for them */
    {SC_FEATURE_ROWS, V(0), SC_FEATURE_Q_PLACE, BUT(0) & BUT(1) & BUT(3)},
    {SC_FEATURE_ROWS, V(0), SC_FEATURE_D_O_PLACE, BUT(0) & BUT(1) & BUT(3)},
    {SC_FEATURE_ROWS, V(0), SC_FEATURE_O_PLACE, BUT(0) & BUT(1) & BUT(3)},
    {SC_FEATURE_KEYS, V(0), SC_FEATURE_K_PLACE, BUT(0) & BUT(1) & BUT(3)},
    {SC_FEATURE_KEYS, V(0), SC_FEATURE_V_PLACE, BUT(0) & BUT(1) & BUT(3)},
    {SC_FEATURE_ROWS, V(1), SC_FEATURE_Q_PLACE, V(5)},
    {SC_FEATURE_ROWS, V(1), SC_FEATURE_D_O_PLACE, V(5)},
    {SC_FEATURE_KEYS, V(1), SC_FEATURE_K_PLACE, V(5)},
    {SC_FEATURE_KEYS, V(1), SC_FEATURE_V_PLACE, V(5)},
    {SC_FEATURE_D_SIZE, V(0), SC_FEATURE_Q_PLACE, V(5)},
    {SC_FEATURE_D_SIZE, V(0), SC_FEATURE_K_PLACE, V(5)},
    /* exact values bear no rows that overlap */
    {SC_FEATURE_Q_PLACE, V(5), SC_FEATURE_VALUES, V(SC_VALUES_EXACT)},
    {SC_FEATURE_K_PLACE, V(5), SC_FEATURE_VALUES, V(SC_VALUES_EXACT)},
    {SC_FEATURE_V_PLACE, V(5), SC_FEATURE_VALUES, V(SC_VALUES_EXACT)},
    {SC_FEATURE_D_O_PLACE, V(5), SC_FEATURE_VALUES, V(SC_VALUES_EXACT)},
    /* tensors of the backward pass */
    {SC_FEATURE_D_O_PLACE, BUT(0), SC_FEATURE_BACKWARD, V(0)},
    {SC_FEATURE_GRADIENT_PLACES, BUT(0), SC_FEATURE_BACKWARD, V(0)},
    /* small cases climb, whose numbers may be changed */
    {SC_FEATURE_CLIMB, V(1), SC_FEATURE_VALUES, V(SC_VALUES_EXACT) | V(SC_VALUES_SPOILED)},
    {SC_FEATURE_CLIMB, V(1), SC_FEATURE_ROWS, V(0)},
    {SC_FEATURE_CLIMB, V(1), SC_FEATURE_KEYS, V(0)},
    {SC_FEATURE_CLIMB, V(1), SC_FEATURE_Q_PLACE, V(6)},
    {SC_FEATURE_CLIMB, V(1), SC_FEATURE_K_PLACE, V(6)},
    {SC_FEATURE_CLIMB, V(1), SC_FEATURE_V_PLACE, V(6)},
    {SC_FEATURE_CLIMB, V(1), SC_FEATURE_D_O_PLACE, V(6)},
    {SC_FEATURE_CLIMB, V(1), SC_FEATURE_O_PLACE, V(6)},
};

bool sc_feature_exclude(enum sc_feature_subject a, int32_t value_a, enum sc_feature_subject b,
                        int32_t value_b)
{
    for (uint32_t x = 0; x < sizeof rules / sizeof rules[0]; x++) {
        const bool as_is = rules[x].a == a && rules[x].b == b &&
                           (rules[x].a_values >> value_a & rules[x].b_values >> value_b & 1) != 0;
        const bool turned = rules[x].a == b && rules[x].b == a &&
                            (rules[x].a_values >> value_b & rules[x].b_values >> value_a & 1) != 0;
        if (as_is || turned) {
            return true;
        }
    }
    return false;
}
