/* A camera of Linux's V4L2 interface (linux/videodev2.h) without hardware: preloaded, it answers
 * what programs ask of /dev/video0. FFmpeg's own V4L2 code reads it, so that what is tested is
 * what reads a real camera.
 *
 * FAKE_V4L2 is a list of what the device does, one word for each start of its stream:
 * "busy" (its format cannot be set), "N" (frames without end after N: stalls),
 * "N-gone" (after N frames: unplugged). Open fails with ENOENT after the last word.
 * FAKE_V4L2_LOG names a file that gets a line for each control that is set.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 160, HEIGHT = 120, SIZE = WIDTH * HEIGHT * 2, STEP = 40960, BUFFERS = 8, FDS = 1024, FPS = 50 };

static struct {
    int is_ours, nonblocking, queue[BUFFERS], n_queued, frame;
    unsigned char *memory;
    long long began_ns;
} devices[FDS];
static int started, gone;
static int controls[][2] = {
    {V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_APERTURE_PRIORITY},
    {V4L2_CID_EXPOSURE_ABSOLUTE, 156},
    {V4L2_CID_EXPOSURE_AUTO_PRIORITY, 1},
    {V4L2_CID_AUTO_WHITE_BALANCE, 1},
    {V4L2_CID_WHITE_BALANCE_TEMPERATURE, 4600},
};

static long long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static const char *word(int k, char *out) {
    const char *list = getenv("FAKE_V4L2");
    snprintf(out, 200, "%s", list ? list : "");
    char *rest = out, *found = NULL;
    for (int i = 0; i <= k; i++) found = strtok_r(i ? NULL : out, " ", &rest);
    return found;
}

static int open_ours(int flags) {
    char text[200];
    if (gone && !word(started, text)) {
        errno = ENOENT;
        return -1;
    }
    int fd = memfd_create("video", 0);
    if (fd < 0 || fd >= FDS || ftruncate(fd, STEP * BUFFERS)) return -1;
    memset(&devices[fd], 0, sizeof devices[fd]);
    devices[fd].is_ours = 1;
    devices[fd].nonblocking = flags & O_NONBLOCK;
    devices[fd].memory = mmap(NULL, STEP * BUFFERS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return fd;
}

#define OPEN(name, call)                                                     \
    int name(const char *path, int flags, ...) {                             \
        va_list rest;                                                        \
        va_start(rest, flags);                                               \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;    \
        va_end(rest);                                                        \
        if (!strcmp(path, "/dev/video0")) return open_ours(flags);           \
        int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);       \
        return real(path, flags, mode);                                      \
    }
OPEN(open, open)
OPEN(open64, open64)

int openat(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
    va_end(rest);
    if (!strcmp(path, "/dev/video0")) return open_ours(flags);
    int (*real)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat");
    return real(folder, path, flags, mode);
}

int close(int fd) {
    if (fd >= 0 && fd < FDS && devices[fd].is_ours) {
        devices[fd].is_ours = 0;
        munmap(devices[fd].memory, STEP * BUFFERS);
    }
    int (*real)(int) = dlsym(RTLD_NEXT, "close");
    return real(fd);
}

static int fail(int number) {
    errno = number;
    return -1;
}

static int dequeue(int fd, struct v4l2_buffer *buffer) {
    char text[200];
    const char *what = word(started - 1, text);
    if (gone) return fail(ENODEV);
    if (what && devices[fd].frame >= atoi(what)) {
        if (!strstr(what, "gone")) return fail(EAGAIN);
        gone = 1;
        return fail(ENODEV);
    }
    long long due = devices[fd].began_ns + (devices[fd].frame + 1) * 1000000000LL / FPS;
    if (!devices[fd].n_queued || now_ns() < due) {
        if (devices[fd].nonblocking) return fail(EAGAIN);
        while (now_ns() < due) usleep(500);
    }
    int k = devices[fd].queue[0];
    memmove(devices[fd].queue, devices[fd].queue + 1, sizeof(int) * --devices[fd].n_queued);
    unsigned char *pixels = devices[fd].memory + k * STEP;
    for (int i = 0; i < SIZE; i += 2) {
        pixels[i] = 60 + devices[fd].frame % 100;
        pixels[i + 1] = 128;
    }
    buffer->index = k;
    buffer->bytesused = buffer->length = SIZE;
    buffer->sequence = devices[fd].frame++;
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->timestamp.tv_sec = due / 1000000000LL;
    buffer->timestamp.tv_usec = due % 1000000000LL / 1000;
    return 0;
}

static void describe(struct v4l2_format *format) {
    format->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    format->fmt.pix.width = WIDTH;
    format->fmt.pix.height = HEIGHT;
    format->fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
    format->fmt.pix.field = V4L2_FIELD_NONE;
    format->fmt.pix.bytesperline = WIDTH * 2;
    format->fmt.pix.sizeimage = SIZE;
}

static int control(unsigned id, int *value, int set) {
    for (unsigned k = 0; k < sizeof controls / sizeof *controls; k++) {
        if ((unsigned)controls[k][0] != id) continue;
        if (!set) return *value = controls[k][1], 0;
        if (id == V4L2_CID_EXPOSURE_ABSOLUTE && controls[0][1] != V4L2_EXPOSURE_MANUAL)
            return fail(EACCES);
        /* a switch to manual goes to what was set last by hand */
        if (id == V4L2_CID_EXPOSURE_AUTO && *value == V4L2_EXPOSURE_MANUAL) controls[1][1] = 999;
        controls[k][1] = *value;
        if (getenv("FAKE_V4L2_LOG")) {
            FILE *log = fopen(getenv("FAKE_V4L2_LOG"), "a");
            fprintf(log, "%#x %d\n", id, *value);
            fclose(log);
        }
        return 0;
    }
    return fail(EINVAL);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *at = va_arg(rest, void *);
    va_end(rest);
    if (fd < 0 || fd >= FDS || !devices[fd].is_ours) {
        int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
        return real(fd, request, at);
    }
    char text[200];
    switch ((unsigned)request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *found = at;
        memset(found, 0, sizeof *found);
        strcpy((char *)found->driver, "fake");
        found->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS;
        found->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        return 0;
    }
    case VIDIOC_ENUMINPUT: return ((struct v4l2_input *)at)->index ? fail(EINVAL) : 0;
    case VIDIOC_G_INPUT: return *(int *)at = 0, 0;
    case VIDIOC_S_INPUT: return 0;
    case VIDIOC_ENUM_FMT: {
        struct v4l2_fmtdesc *format = at;
        format->pixelformat = V4L2_PIX_FMT_YUYV;
        return format->index ? fail(EINVAL) : 0;
    }
    case VIDIOC_S_FMT: {
        const char *what = word(started, text);
        if (what && !strcmp(what, "busy")) {
            return fail(EBUSY); /* as UVC cameras do: they open, and another one streams */
        }
    } /* fall through */
    case VIDIOC_G_FMT:
    case VIDIOC_TRY_FMT: return describe(at), 0;
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
        struct v4l2_streamparm *parm = at;
        parm->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
        parm->parm.capture.timeperframe.numerator = 1;
        parm->parm.capture.timeperframe.denominator = FPS;
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *asked = at;
        asked->count = asked->count < BUFFERS ? asked->count : BUFFERS;
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *buffer = at;
        buffer->length = SIZE;
        buffer->m.offset = buffer->index * STEP;
        return 0;
    }
    case VIDIOC_QBUF:
        devices[fd].queue[devices[fd].n_queued++] = ((struct v4l2_buffer *)at)->index;
        return 0;
    case VIDIOC_DQBUF: return dequeue(fd, at);
    case VIDIOC_STREAMON:
        started++;
        gone = 0;
        devices[fd].began_ns = now_ns();
        return 0;
    case VIDIOC_STREAMOFF: return 0;
    case VIDIOC_QUERYCTRL: {
        struct v4l2_queryctrl *query = at;
        int value;
        query->flags = 0;
        return control(query->id, &value, 0);
    }
    case VIDIOC_G_CTRL:
    case VIDIOC_S_CTRL: {
        struct v4l2_control *one = at;
        return control(one->id, &one->value, (unsigned)request == VIDIOC_S_CTRL);
    }
    }
    return fail(ENOTTY);
}
