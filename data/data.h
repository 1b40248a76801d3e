/* data.h: data sets, images, splits, mini-batches, preprocessing; .npy and safetensors files.
 *
 *     wg_error e = {0};
 *     wg_dataset *d = wg_dataset_open("digits", &e);           // NULL: e.text says why
 *     wg_partition part = {0};
 *     wg_preprocess pre = {0};
 *     wg_dataset_split(d, 0.1, 0.2, seed, &part, &e);          // stratified by class
 *     wg_preprocess_fit(d, part.n_train, part.train, WG_NORM_CHANNEL, &pre, &e);
 *     wg_loader *l = wg_loader_new(d, &pre, part.n_train, part.train, 32, &e);
 *     for (uint64_t epoch = 0; epoch < 10; ++epoch) {
 *         wg_loader_start(l, seed, epoch);
 *         for (int64_t b; (b = wg_loader_next(l, x, labels)) > 0;) train(b, x, labels);
 *     }
 *     wg_loader_free(l); wg_preprocess_clear(&pre); wg_partition_clear(&part); wg_dataset_free(d);
 *
 * Images are channels last, (H, W, C), rows from the top.  Every function that can fail takes a
 * wg_error * last (NULL allowed), writes it on failure alone, and then leaves what it would have
 * filled as it was.  FILE: cannot be opened, read or written.  FORMAT: contents damaged or of
 * another kind, with the file, the place and what was expected.  MEMORY: no memory.  Structs
 * filled here are cleared with their _clear, which also takes {0} and may be called twice. */
#ifndef WG_DATA_H
#define WG_DATA_H

#include "autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- data sets ------------------------------------------------------------------------------ */

/* Examples with labels, owned by the data set.  Exactly one of pixels and features is there (both
 * NULL only when n * height * width * channels is 0); feature vectors have height = width = 1. */
typedef struct wg_dataset {
    int64_t n;                       /* examples */
    int64_t height, width, channels; /* of each */
    uint8_t *pixels;                 /* (n, height, width, channels), or NULL */
    float *features;                 /* the same shape, or NULL */
    double top;           /* the largest value a pixel can have (255; digits: 16); 1 for features */
    int64_t *labels;      /* (n), each 0 .. classes - 1 */
    int64_t classes;      /* kinds of labels */
    char **class_names;   /* (classes), and a NULL behind the last */
    int64_t n_train;      /* examples 0 .. n_train - 1 are the official training part, the rest the
                             official test part; n_train = n: the source has no parts */
} wg_dataset;

/* Called now and then during a long reading: done of total images.  total does not change. */
typedef void wg_progress(int64_t done, int64_t total, void *user);

typedef struct wg_dataset_options {
    size_t size;           /* sizeof(wg_dataset_options); 0 means this version's */
    uint64_t seed;         /* of spiral and moons */
    int64_t height, width; /* images: resize to this; 0, 0: all must have one size */
    int channels;          /* images: 1 grey, 3 colour; 0: colour where any image has it */
    wg_progress *progress; /* NULL: none */
    void *user;            /* for progress */
} wg_dataset_options;

/* Reads or makes the data set that spec names:
 *
 *   digits       the embedded UCI handwritten digits: 1,797 of 8 x 8 x 1, pixels 0 .. 16 (E.
 *                Alpaydin and C. Kaynak, 1998; see data/DIGITS.md)
 *   mnist:DIR    four IDX files, plain or .gz: train-images-idx3-ubyte, train-labels-idx1-ubyte,
 *                t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, or with '.' before idx (LeCun,
 *                Cortes, Burges 1998; Fashion-MNIST, Xiao et al. 2017, has the same layout)
 *   cifar10:DIR  data_batch_1.bin .. data_batch_5.bin and test_batch.bin, in DIR or in
 *                DIR/cifar-10-batches-bin (Krizhevsky 2009); the planes become channels last
 *   images:DIR   PNG, JPEG and BMP files as DIR/train/CLASS/FILE and DIR/test/CLASS/FILE, or where
 *                those two folders are not both there as DIR/CLASS/FILE; classes and files in
 *                byte order of their names; hidden files and other kinds of files are passed over
 *   spiral       3 arms of 100 points in the plane, r = 0 .. 1, angle 4k .. 4(k+1) plus 0.2 N(0,1)
 *   moons        2 interleaved half circles of 50 points, plus 0.1 N(0,1) on each coordinate
 *
 * An unknown spec is a NAME error that lists these.  NULL on failure.  Images of a folder that
 * differ in size are a SHAPE error that names two of them, unless the options give a size. */
WG_API wg_dataset *wg_dataset_open(const char *spec, wg_error *error);
/* The same with options (NULL: none). */
WG_API wg_dataset *wg_dataset_open_with(const char *spec, const wg_dataset_options *options,
                                        wg_error *error);
/* A data set to be filled by the caller: n examples (H, W, C) of zeros, as features where `floats`
 * is not 0 and else as pixels with top 255, labels 0, classes named "0", "1", ..., n_train = n. */
WG_API wg_dataset *wg_dataset_new(int64_t n, int64_t height, int64_t width, int64_t channels,
                                  int floats, int64_t classes, wg_error *error);
WG_API void wg_dataset_free(wg_dataset *data);

/* ---- images --------------------------------------------------------------------------------- */

/* One image of 8-bit numbers, (height, width, channels), channels 1 (grey) or 3 (red, green,
 * blue).  pixels is owned by the image. */
typedef struct wg_image {
    int64_t height, width;
    int channels;
    uint8_t *pixels;
} wg_image;

/* Reads a PNG, JPEG or BMP file of at most 64 Mi pixels.  Grey stays grey, everything else becomes
 * colour; 16-bit numbers are cut to 8, transparency and the orientation tag are passed over. */
WG_API wg_status wg_image_load(const char *path, wg_image *image, wg_error *error);
/* The same from n bytes in memory; `name` stands in messages. */
WG_API wg_status wg_image_decode(const void *bytes, size_t n, const char *name, wg_image *image,
                                 wg_error *error);
/* A copy of height x width, each axis by itself: the mean over the area that a new pixel covers
 * where the axis shrinks, linear between pixel centres where it grows. */
WG_API wg_status wg_image_resize(const wg_image *image, int64_t height, int64_t width,
                                 wg_image *out, wg_error *error);
/* A copy with 1 or 3 channels: grey = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), rounded; colour
 * from grey repeats it. */
WG_API wg_status wg_image_convert(const wg_image *image, int channels, wg_image *out,
                                  wg_error *error);
WG_API void wg_image_clear(wg_image *image);

/* ---- splits --------------------------------------------------------------------------------- */

/* Indices into a data set, each part in increasing order, disjoint, together everything. */
typedef struct wg_partition {
    int64_t n_train, n_valid, n_test;
    int64_t *train, *valid, *test; /* one block, owned by the split */
} wg_partition;

/* Draws parts by seed, stratified: of n examples round(valid * n) go to the validation part, of
 * each class's m examples floor or ceil of valid * m; so for test.  Where the data set has an
 * official test part that one is taken, `test` is passed over, and n counts the training part.
 * Fractions are at least 0 and together less than 1, else RANGE; a training part that comes out
 * empty is a RANGE error too; a label out of range is a VALUE error that names the example. */
WG_API wg_status wg_dataset_split(const wg_dataset *data, double valid, double test, uint64_t seed,
                                  wg_partition *split, wg_error *error);
WG_API void wg_partition_clear(wg_partition *split);

/* ---- preprocessing -------------------------------------------------------------------------- */

/* What is done to every number v of an example, in training and prediction alike:
 *
 *   y = (scale * v / top - mean[k]) / std[k]
 *
 * top is the data set's, so that v / top is in [0, 1] for any source of pixels.  k runs over the
 * channels (n = channels) or over all numbers of an example (n = height * width * channels); with
 * n = 0 the scale is all.  {0} with a scale set by hand and the three extents is valid too. */
typedef struct wg_preprocess {
    double scale;
    int64_t height, width, channels; /* of the examples it is for */
    int64_t n;                       /* numbers in mean and std */
    float *mean, *std;               /* one block, owned; NULL when n is 0 */
} wg_preprocess;

typedef enum {
    WG_NORM_SCALE,        /* v / top alone */
    WG_NORM_CHANNEL_MEAN, /* minus each channel's mean; std is 1 */
    WG_NORM_CHANNEL,      /* and divided by each channel's deviation */
    WG_NORM_PIXEL_MEAN,   /* minus the mean image; std is 1 */
    WG_NORM_PIXEL         /* and divided by each pixel's deviation */
} wg_norm;

/* Computes mean and deviation (population: divided by the count) over the n examples at index:
 * those of the training part.  scale is 1.  Where the deviation is 0 std is 1.  RANGE when n < 1 or
 * an index is out of range. */
WG_API wg_status wg_preprocess_fit(const wg_dataset *data, int64_t n, const int64_t *index,
                                   wg_norm norm, wg_preprocess *p, wg_error *error);
/* x (height, width, channels) gets one image, preprocessed; its size and channels must be p's
 * (SHAPE). */
WG_API wg_status wg_preprocess_image(const wg_preprocess *p, const wg_image *image, float *x,
                                     wg_error *error);
/* {"scale": 1.0, "shape": [H, W, C], "mean": [...], "std": [...]}, the lists only when n > 0; every
 * number comes back exactly.  *text is freed with wg_text_free. */
WG_API wg_status wg_preprocess_to_json(const wg_preprocess *p, char **text, wg_error *error);
/* Back from the text; FORMAT for anything that wg_preprocess_to_json does not write. */
WG_API wg_status wg_preprocess_from_json(const char *text, wg_preprocess *p, wg_error *error);
WG_API void wg_preprocess_clear(wg_preprocess *p);
WG_API void wg_text_free(char *text);

/* ---- mini-batches --------------------------------------------------------------------------- */

/* Goes through an index set batch by batch.  Uses the data set and the preprocessing (both outlive
 * it), owns a copy of the indices.  Only wg_loader_new and wg_loader_augment allocate. */
typedef struct wg_loader wg_loader;

/* Batches of `batch` examples out of the n at index (NULL: 0 .. n - 1), preprocessed by p (NULL:
 * v / top).  NULL on failure: RANGE for batch < 1, n < 0, an index out of range; SHAPE when p is
 * for other examples.  It stands at the start of the given order. */
WG_API wg_loader *wg_loader_new(const wg_dataset *data, const wg_preprocess *p, int64_t n,
                                const int64_t *index, int64_t batch, wg_error *error);
/* Changes to images that leave their class as it is, drawn anew for each epoch.  Zero: none. */
typedef struct wg_augment {
    size_t size;  /* sizeof(wg_augment); 0 means this version's */
    int flip;     /* mirror an image, left to right, with probability 1/2 */
    int64_t crop; /* move by -crop .. crop pixels along both axes, zeros (after preprocessing: the
                     mean colour) coming in: a crop of the padded image, as in K. He et al., "Deep
                     residual learning for image recognition", CVPR 2016, section 4.2 */
} wg_augment;
/* From now on epochs begun with wg_loader_start are of images so changed; what happens to an
 * example is a function of (seed, epoch, its index) alone.  Those in the given order never are.
 * RANGE for a crop that is negative or not smaller than the image. */
WG_API wg_status wg_loader_augment(wg_loader *loader, const wg_augment *augment, wg_error *error);
/* Goes to the start of an epoch, in an order drawn from (seed, epoch) and nothing else. */
WG_API void wg_loader_start(wg_loader *loader, uint64_t seed, uint64_t epoch);
/* Goes to the start of the order that was given. */
WG_API void wg_loader_start_in_order(wg_loader *loader);
/* Fills x (b, H, W, C) and labels (b) (each NULL: left out) with the next b examples and returns b:
 * `batch`, fewer in the last one, 0 past it. */
WG_API int64_t wg_loader_next(wg_loader *loader, float *x, int64_t *labels);
/* The indices of the batch that wg_loader_next gave last, owned by the loader. */
WG_API const int64_t *wg_loader_last(const wg_loader *loader);
/* Batches in an epoch: n / batch, rounded up. */
WG_API int64_t wg_loader_batches(const wg_loader *loader);
WG_API void wg_loader_free(wg_loader *loader);

/* ---- arrays from files ---------------------------------------------------------------------- */

/* A dense row-major array; data is owned by the array, of wg_shape_size(shape) elements. */
typedef struct wg_array {
    wg_dtype dtype;
    wg_shape shape;
    void *data;
} wg_array;

/* Reads a NumPy .npy file (format versions 1 to 3; NumPy Enhancement Proposal 1): float32 and
 * float64 as they are, signed and unsigned integers of 1, 2 and 4 bytes and signed ones of 8 as
 * WG_I64, booleans as WG_BOOL; either byte order, C or Fortran order (turned to row-major), rank at
 * most 8.  UNSUPPORTED names another dtype; truncated and overlong files are FORMAT errors. */
WG_API wg_status wg_npy_read(const char *path, wg_array *array, wg_error *error);
/* The same from n bytes in memory; `name` stands in messages. */
WG_API wg_status wg_npy_parse(const void *bytes, size_t n, const char *name, wg_array *array,
                              wg_error *error);
WG_API void wg_array_clear(wg_array *array);

/* ---- safetensors ---------------------------------------------------------------------------- */

/* The format of Hugging Face: 8 bytes little-endian header length, a JSON header that gives dtype,
 * shape and data_offsets of every tensor and under "__metadata__" a map of text to text, then the
 * numbers, little-endian and row-major.  F32, F64, I64 and BOOL are read and written.  Both
 * functions are UNSUPPORTED on a big-endian machine. */
typedef struct wg_tensor {
    const char *name;
    wg_dtype dtype;
    wg_shape shape;
    const void *data;
} wg_tensor;
typedef struct wg_pair { /* of metadata */
    const char *key, *value;
} wg_pair;

/* Writes n tensors, in this order, and n_pairs of metadata.  Crash-safe: the bytes go to a hidden
 * temporary file in the same folder, which is flushed to the disk and then renamed over path, so
 * that path always holds the old file or the new one, whole; on failure the temporary file is
 * removed and the old file stays.  A symbolic link is followed.  NAME for a doubled name or key,
 * VALUE for text that is not UTF-8, FILE for a full disk and the like. */
WG_API wg_status wg_safetensors_write(const char *path, size_t n, const wg_tensor *tensors,
                                      size_t n_pairs, const wg_pair *pairs, wg_error *error);

/* A file read into memory. */
typedef struct wg_safetensors wg_safetensors;

/* Reads a whole file; NULL on failure.  Checked: header of at most 100 MB, no key twice, dtype,
 * shape, offsets in range, that they fit shape and dtype, that tensors neither overlap nor leave
 * gaps, and that the file ends with the last one.  The JSON parser (jansson) allocates with malloc:
 * its hook is one for the whole process and left to the program. */
WG_API wg_safetensors *wg_safetensors_read(const char *path, wg_error *error);
/* The same from n bytes in memory, which are copied; `name` stands in messages. */
WG_API wg_safetensors *wg_safetensors_parse(const void *bytes, size_t n, const char *name,
                                            wg_error *error);
WG_API void wg_safetensors_free(wg_safetensors *file);
/* Tensors in order of their place in the file; NULL past the last one.  Names and numbers (aligned
 * to 64 bytes) are owned by the file. */
WG_API size_t wg_safetensors_count(const wg_safetensors *file);
WG_API const wg_tensor *wg_safetensors_at(const wg_safetensors *file, size_t i);
/* The tensor of that name, NULL where there is none. */
WG_API const wg_tensor *wg_safetensors_find(const wg_safetensors *file, const char *name);
/* The i-th pair of metadata, NULL past the last; the value of a key, NULL where there is none. */
WG_API const wg_pair *wg_safetensors_pair(const wg_safetensors *file, size_t i);
WG_API const char *wg_safetensors_meta(const wg_safetensors *file, const char *key);

#ifdef __cplusplus
}
#endif
#endif
