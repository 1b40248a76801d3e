/* images.c: a folder of images by class: DIR/train/CLASS and DIR/test/CLASS, or DIR/CLASS.
 *
 * First all names are listed and sorted, so that the order of examples does not depend on the file
 * system; then every image is decoded into its place.  The first one sets the size; the data set is
 * grey until the first colour image turns it. */
#define _XOPEN_SOURCE 700
#include "data/internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* ---- names ---------------------------------------------------------------------------------- */

/* A growing list of texts that live in an arena. */
typedef struct names {
    const char **text;
    size_t n, room;
} names;

static wg_status add_name(names *list, const char *text, wgi_arena *arena, wg_error *error) {
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        const char **more = wgi_grow(list->text, list->n * sizeof *more, room * sizeof *more);
        if (!more) return wgi_data_no_memory(error, "a list of files", room * sizeof *more);
        list->text = more;
        list->room = room;
    }
    size_t bytes = strlen(text) + 1;
    char *copy = wgi_arena_alloc(arena, bytes);
    if (!copy) return wgi_data_no_memory(error, "a file name", bytes);
    memcpy(copy, text, bytes);
    list->text[list->n++] = copy;
    return WG_OK;
}

/* dir/name in the arena. */
static char *join(const char *dir, const char *name, wgi_arena *arena, wg_error *error) {
    size_t bytes = strlen(dir) + strlen(name) + 2;
    char *path = wgi_arena_alloc(arena, bytes);
    if (path) snprintf(path, bytes, "%s/%s", dir, name);
    else wgi_data_no_memory(error, "a path", bytes);
    return path;
}

static int is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static int is_image_name(const char *name) {
    static const char *const kinds[] = {".png", ".jpg", ".jpeg", ".bmp"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof kinds / sizeof *kinds; ++i)
        if (strcasecmp(dot, kinds[i]) == 0) return 1;
    return 0;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The folders in dir, or the files that are named like images; sorted, hidden ones left out. */
static wg_status list_folder(const char *dir, int folders, names *list, wgi_arena *arena,
                             wg_error *error) {
    wg_status status = WG_OK;
    DIR *open = opendir(dir);
    if (!open) return wgi_data_fail_at(error, WG_ERR_FILE, dir, "%s", strerror(errno));
    for (struct dirent *entry; status == WG_OK && (entry = readdir(open));) {
        const char *name = entry->d_name;
        if (name[0] == '.' || (!folders && !is_image_name(name))) continue;
        wgi_arena_mark mark = wgi_arena_position(arena);
        const char *path = join(dir, name, arena, error);
        int wanted = path && is_folder(path) == folders;
        wgi_arena_release(arena, mark);
        if (!path) status = WG_ERR_MEMORY;
        else if (wanted) status = add_name(list, name, arena, error);
    }
    closedir(open);
    if (list->n > 0) qsort(list->text, list->n, sizeof *list->text, by_bytes);
    return status;
}

/* ---- what there is -------------------------------------------------------------------------- */

/* One image to be read: its place in the data set is its place in the list. */
typedef struct entry {
    const char *path;
    int64_t label;
} entry;

typedef struct folder {
    wgi_arena arena;
    names classes;
    entry *entries;
    int64_t n, n_train, room;
} folder;

static wg_status add_entry(folder *f, const char *path, int64_t label, wg_error *error) {
    if (f->n == f->room) {
        int64_t room = f->room ? 2 * f->room : 256;
        size_t bytes = (size_t)room * sizeof *f->entries;
        entry *more = wgi_grow(f->entries, (size_t)f->n * sizeof *more, bytes);
        if (!more) return wgi_data_no_memory(error, "a list of files", bytes);
        f->entries = more;
        f->room = room;
    }
    f->entries[f->n++] = (entry){path, label};
    return WG_OK;
}

/* The images of one class. */
static wg_status add_class(folder *f, const char *dir, int64_t label, wg_error *error) {
    names files = {0};
    wg_status status = list_folder(dir, 0, &files, &f->arena, error);
    for (size_t i = 0; i < files.n && status == WG_OK; ++i) {
        const char *path = join(dir, files.text[i], &f->arena, error);
        status = path ? add_entry(f, path, label, error) : WG_ERR_MEMORY;
    }
    wgi_free(files.text);
    return status;
}

/* All classes of the training part: none may be empty. */
static wg_status add_training(folder *f, const char *dir, wg_error *error) {
    wg_status status = list_folder(dir, 1, &f->classes, &f->arena, error);
    if (status == WG_OK && f->classes.n == 0)
        status = wgi_data_fail_at(error, WG_ERR_FORMAT, dir,
                                  "no class folders; images are expected as CLASS/FILE");
    for (size_t k = 0; k < f->classes.n && status == WG_OK; ++k) {
        int64_t before = f->n;
        const char *path = join(dir, f->classes.text[k], &f->arena, error);
        status = path ? add_class(f, path, (int64_t)k, error) : WG_ERR_MEMORY;
        if (status == WG_OK && f->n == before)
            status = wgi_data_fail_at(error, WG_ERR_FORMAT, path,
                                      "a class without images (.png, .jpg, .jpeg, .bmp)");
    }
    f->n_train = f->n;
    return status;
}

/* The test part: classes of the training part, of which some may be missing. */
static wg_status add_test(folder *f, const char *dir, wg_error *error) {
    names classes = {0};
    wg_status status = list_folder(dir, 1, &classes, &f->arena, error);
    for (size_t i = 0; i < classes.n && status == WG_OK; ++i) {
        const char **found = bsearch(&classes.text[i], f->classes.text, f->classes.n,
                                     sizeof *f->classes.text, by_bytes);
        const char *path = join(dir, classes.text[i], &f->arena, error);
        if (!path) status = WG_ERR_MEMORY;
        else if (!found)
            status = wgi_data_fail_at(error, WG_ERR_FORMAT, path,
                                      "a class that the training part does not have");
        else status = add_class(f, path, found - f->classes.text, error);
    }
    wgi_free(classes.text);
    return status;
}

static wg_status list_all(folder *f, const char *dir, wg_error *error) {
    const char *train = join(dir, "train", &f->arena, error);
    const char *test = train ? join(dir, "test", &f->arena, error) : NULL;
    if (!test) return WG_ERR_MEMORY;
    if (!is_folder(train) || !is_folder(test)) return add_training(f, dir, error);
    wg_status status = add_training(f, train, error);
    return status == WG_OK ? add_test(f, test, error) : status;
}

/* ---- pixels --------------------------------------------------------------------------------- */

/* Makes the image what was asked for: its size, its channels. */
static wg_status adapt(wg_image *image, int64_t height, int64_t width, int channels,
                       wg_error *error) {
    wg_image new;
    wg_status status = WG_OK;
    if (height > 0 && (image->height != height || image->width != width)) {
        status = wg_image_resize(image, height, width, &new, error);
        if (status != WG_OK) return status;
        wg_image_clear(image);
        *image = new;
    }
    if (channels > 0 && image->channels != channels) {
        status = wg_image_convert(image, channels, &new, error);
        if (status != WG_OK) return status;
        wg_image_clear(image);
        *image = new;
    }
    return status;
}

/* The first colour image among grey ones: the `done` images before it repeat their grey. */
static wg_status turn_to_colour(wg_dataset *d, int64_t done, wg_error *error) {
    int64_t count = d->n * d->height * d->width, total;
    uint8_t *pixels = wgi_multiply(count, 3, &total) ? wgi_alloc_zero((size_t)total) : NULL;
    if (!pixels) return wgi_data_no_memory(error, "a data set", 3 * (uint64_t)count);
    int64_t n = done * d->height * d->width;
    for (int64_t i = 0; i < 3 * n; ++i) pixels[i] = d->pixels[i / 3];
    wgi_free(d->pixels);
    d->pixels = pixels;
    d->channels = 3;
    return WG_OK;
}

/* Image i into d, which is made from the first one. */
static wg_status place(wg_dataset **data, const folder *f, int64_t i, wg_image *image,
                       const wg_dataset_options *o, wg_error *error) {
    wg_status status = adapt(image, o->height, o->width, o->channels, error);
    if (status == WG_OK && i == 0)
        *data = wgi_dataset_bare(f->n, image->height, image->width, image->channels, 0,
                                 (int64_t)f->classes.n, error);
    wg_dataset *d = *data;
    if (status != WG_OK) return status;
    if (!d) return WG_ERR_MEMORY; /* or a size out of range: said by wgi_dataset_bare */
    if (image->height != d->height || image->width != d->width)
        return wgi_data_fail_at(error, WG_ERR_SHAPE, f->entries[i].path,
                                "%lld x %lld, but %s is %lld x %lld; ask for one size",
                                (long long)image->height, (long long)image->width,
                                wgi_show_path(f->entries[0].path).text, (long long)d->height,
                                (long long)d->width);
    if (image->channels > d->channels) status = turn_to_colour(d, i, error);
    else status = adapt(image, 0, 0, (int)d->channels, error);
    if (status != WG_OK) return status;
    int64_t size = wgi_example_size(d);
    memcpy(d->pixels + i * size, image->pixels, (size_t)size);
    d->labels[i] = f->entries[i].label;
    return WG_OK;
}

static wg_dataset *read_all(const folder *f, const wg_dataset_options *o, wg_error *error) {
    wg_dataset *d = NULL;
    wg_status status = WG_OK;
    for (int64_t i = 0; i < f->n && status == WG_OK; ++i) {
        wg_image image = {0};
        status = wg_image_load(f->entries[i].path, &image, error);
        if (status == WG_OK) status = place(&d, f, i, &image, o, error);
        wg_image_clear(&image);
        if (o->progress && (i % 100 == 99 || i + 1 == f->n)) o->progress(i + 1, f->n, o->user);
    }
    for (size_t k = 0; k < f->classes.n && status == WG_OK; ++k)
        status = wgi_dataset_class(d, (int64_t)k, f->classes.text[k], error);
    if (status == WG_OK) {
        d->n_train = f->n_train;
        return d;
    }
    wg_dataset_free(d);
    return NULL;
}

wg_dataset *wgi_read_images(const char *arg, const wg_dataset_options *options, wg_error *error) {
    folder f = {0};
    wg_dataset *d = NULL;
    if (list_all(&f, arg, error) == WG_OK) d = read_all(&f, options, error);
    wgi_free(f.entries);
    wgi_free(f.classes.text);
    wgi_arena_free(&f.arena);
    return d;
}
