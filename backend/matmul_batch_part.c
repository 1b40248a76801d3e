/* matmul_batch_part.c: many products of one geometry, for one type; matmul.c includes it. */

typedef struct OF(batch_run) {
    const wgi_matmul *s;
    const wgi_matmul_batch *batch;
    const REAL *a, *b;
    REAL *c;
    char *scratch;
    size_t bytes; /* of scratch for a slot */
    int64_t slots;
} OF(batch_run);

/* Slots begin .. end - 1; slot i has the products from count i / slots to count (i + 1) / slots. */
static void OF(run_slots)(int64_t begin, int64_t end, void *arg) {
    const OF(batch_run) *r = arg;
    const wgi_matmul_batch *batch = r->batch;
    for (int64_t slot = begin; slot < end; ++slot) {
        void *scratch = r->bytes ? r->scratch + (size_t)slot * r->bytes : NULL;
        const int64_t last = batch->count * (slot + 1) / r->slots;
        for (int64_t i = batch->count * slot / r->slots; i < last; ++i)
            OF(wgi_matmul)(r->s, r->a + i * batch->step_a, r->b + i * batch->step_b,
                           r->c + i * batch->step_c, scratch);
    }
}

void OF(wgi_matmul_batch)(const wgi_matmul *s, const wgi_matmul_batch *batch, const REAL *a,
                          const REAL *b, REAL *c, void *scratch) {
    if (batch->count <= 0) return;
    OF(batch_run) r = {s, batch, a, b, c, scratch, slot_bytes(sizeof(REAL), s), 0};
    r.slots = slots_of(s, batch->count);
    const int64_t work = batch->count * (s->m * s->n * s->k / r.slots + 1);
    wgi_parallel_for(r.slots, 1 + LARGE_PRODUCT / work, OF(run_slots), &r);
}
