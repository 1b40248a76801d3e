/* split.c: training, validation and test parts, stratified by class.
 *
 * Quotas by largest remainder: a class of m examples gives floor(f m) of them, and what is missing
 * from round(f n) is given by the classes with the largest fractions left, the lower class first
 * among equals.  So both the part's size and each class's share are exact to the example. */
#include "data/internal.h"

#include <math.h>
#include <string.h>

/* Working memory of one split, in one block. */
typedef struct plan {
    int64_t n, classes;
    int64_t *count;   /* (classes) examples of each class */
    int64_t *quota;   /* (2, classes) for validation, for test */
    int64_t *members; /* (n) examples by class */
    unsigned char *part; /* (n) 0 train, 1 validation, 2 test */
} plan;

static wg_status count_classes(const wg_dataset *data, plan *p, wg_error *error) {
    for (int64_t i = 0; i < data->n; ++i) {
        int64_t k = data->labels[i];
        if (k < 0 || k >= data->classes)
            return wgi_data_fail(error, WG_ERR_VALUE,
                                 "example %lld has label %lld; there are %lld classes",
                                 (long long)i, (long long)k, (long long)data->classes);
        if (i < p->n) ++p->count[k];
    }
    return WG_OK;
}

/* The class that is next to give one more: most left of f * m above its quota, and examples to
 * give.  -1 when none has any. */
static int64_t neediest(const plan *p, double fraction, const int64_t *quota,
                        const int64_t *taken) {
    int64_t best = -1;
    double most = -HUGE_VAL;
    for (int64_t k = 0; k < p->classes; ++k) {
        double left = fraction * (double)p->count[k] - (double)quota[k];
        if (left > most && quota[k] + taken[k] < p->count[k]) most = left, best = k;
    }
    return best;
}

/* Quotas of one part; `taken` are those of the parts drawn before it. */
static void set_quotas(const plan *p, double fraction, int64_t *quota, const int64_t *taken) {
    int64_t missing = (int64_t)llround(fraction * (double)p->n);
    for (int64_t k = 0; k < p->classes; ++k) {
        int64_t free = p->count[k] - taken[k];
        quota[k] = (int64_t)floor(fraction * (double)p->count[k]);
        if (quota[k] > free) quota[k] = free;
        missing -= quota[k];
    }
    for (; missing > 0; --missing) {
        int64_t k = neediest(p, fraction, quota, taken);
        if (k < 0) return;
        ++quota[k];
    }
}

/* Shuffles each class by a stream of its own and marks the first ones of it. */
static void draw(const wg_dataset *data, plan *p, uint64_t seed) {
    int64_t start = 0;
    for (int64_t k = 0; k < p->classes; ++k) { /* p->count becomes the place to write next */
        int64_t m = p->count[k];
        p->count[k] = start;
        start += m;
    }
    for (int64_t i = 0; i < p->n; ++i) p->members[p->count[data->labels[i]]++] = i;
    for (int64_t k = 0, begin = 0; k < p->classes; begin = p->count[k], ++k) {
        int64_t *member = p->members + begin, m = p->count[k] - begin;
        int64_t valid = p->quota[k], test = p->quota[p->classes + k];
        wgi_shuffle(member, m, seed, (uint64_t)1 << 32 | (uint64_t)k); /* epochs: streams below */
        for (int64_t j = 0; j < valid + test; ++j) p->part[member[j]] = j < valid ? 1 : 2;
    }
}

static wg_status gather(const wg_dataset *data, const plan *p, wg_partition *split,
                        wg_error *error) {
    wg_partition s = {0};
    int64_t *block = wgi_alloc((size_t)data->n * sizeof *block);
    if (!block) return wgi_data_no_memory(error, "a split", (uint64_t)data->n * sizeof *block);
    for (int64_t i = 0; i < p->n; ++i) s.n_train += p->part[i] == 0, s.n_valid += p->part[i] == 1;
    s.n_test = data->n - s.n_train - s.n_valid;
    s.train = block;
    s.valid = s.train + s.n_train;
    s.test = s.valid + s.n_valid;
    if (s.n_train == 0) {
        wgi_free(block);
        return wgi_data_fail(error, WG_ERR_RANGE, "no example of %lld is left to train on",
                             (long long)data->n);
    }
    int64_t *next[3] = {s.train, s.valid, s.test};
    for (int64_t i = 0; i < data->n; ++i) *next[i < p->n ? p->part[i] : 2]++ = i;
    *split = s;
    return WG_OK;
}

wg_status wg_dataset_split(const wg_dataset *data, double valid, double test, uint64_t seed,
                           wg_partition *split, wg_error *error) {
    if (!(valid >= 0 && test >= 0 && valid + test < 1))
        return wgi_data_fail(error, WG_ERR_RANGE,
                             "fractions %g (validation) and %g (test): each is at least 0, both "
                             "together less than 1",
                             valid, test);
    plan p = {.n = data->n_train, .classes = data->classes};
    size_t classes = (size_t)p.classes, n = (size_t)p.n;
    size_t bytes = (4 * classes + n) * sizeof(int64_t) + n;
    p.count = wgi_alloc_zero(bytes);
    if (!p.count) return wgi_data_no_memory(error, "a split", bytes);
    p.quota = p.count + classes;
    int64_t *none = p.quota + 2 * classes;
    p.members = none + classes;
    p.part = (unsigned char *)(p.members + n);
    wg_status status = count_classes(data, &p, error);
    if (status == WG_OK) {
        if (data->n_train == data->n) set_quotas(&p, test, p.quota + classes, none);
        set_quotas(&p, valid, p.quota, p.quota + classes);
        draw(data, &p, seed);
        status = gather(data, &p, split, error);
    }
    wgi_free(p.count);
    return status;
}

void wg_partition_clear(wg_partition *split) {
    wgi_free(split->train);
    memset(split, 0, sizeof *split);
}
