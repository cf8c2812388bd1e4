//! The desk, and what hangs above it.

use super::super::paint::{Canvas, Colour, boxed};
use super::kitchen::wood;
use super::pattern::decorate;
use super::{Look, Pattern};

pub(super) fn notebook(c: &mut Canvas, l: &Look) {
    c.group(r#"transform="translate(0 -310) rotate(-7)""#, |c| {
        let (w, h) = (180.0 * l.wide, 250.0 * l.tall);
        for i in (0..5).rev() {
            let s = 4.0 + i as f32 * 3.0;
            c.rect(
                (-w + s, -h + s, 2.0 * w, 2.0 * h),
                8.0,
                if i % 2 == 0 { Colour(240, 232, 214) } else { Colour(218, 206, 184) },
            );
        }
        let cover = boxed((-w, -h, 2.0 * w, 2.0 * h));
        let fill = c.flat(l.colour);
        c.path(&cover, fill);
        decorate(c, &cover, (-w, -h, 2.0 * w, 2.0 * h), l, 0.0);
        let spine = c.gradient(
            (0.0, 0.0, 1.0, 0.0),
            &[(0.0, l.accent.dark(0.2), 1.0), (0.8, l.accent, 1.0), (1.0, l.accent.dark(0.3), 1.0)],
        );
        c.rect((-w, -h, 52.0, 2.0 * h), 3.0, spine);
        c.rect((w - 46.0, -h, 9.0, 2.0 * h), 0.0, l.accent.dark(0.25));
        c.rect((-34.0, -h * 0.62, 128.0, 76.0), 3.0, Colour(244, 238, 224));
        c.line(&format!("M-16 {a}H76M-16 {b}H50", a = -h * 0.62 + 30.0, b = -h * 0.62 + 50.0), l.colour.dark(0.3), 2.4);
        c.path(&format!("M{x} {h}v54l9 -12l9 12v-54Z", x = 40.0), l.accent);
    });
}

pub(super) fn pen_tray(c: &mut Canvas, l: &Look) {
    c.group(r#"transform="translate(0 -310) rotate(-16)""#, |c| {
        let outer = "M-280-84H280Q292-84 292-72V72Q292 84 280 84H-280Q-292 84-292 72V-72Q-292-84-280-84Z";
        c.group(r#"transform="translate(8 12)""#, |c| c.path(outer, l.wood.dark(0.45)));
        wood(c, outer, (-292.0, -84.0, 584.0, 168.0), l.wood, true);
        let well = c.gradient(
            (0.0, 0.0, 0.3, 1.0),
            &[(0.0, l.wood.dark(0.5), 1.0), (0.4, l.wood.dark(0.24), 1.0), (1.0, l.wood.dark(0.1), 1.0)],
        );
        c.rect((-270.0, -62.0, 410.0, 124.0), 40.0, &well);
        c.rect((160.0, -62.0, 110.0, 124.0), 40.0, &well);
        for (y, colour, turn) in [(-26.0, l.colour, 1.5), (18.0, l.accent, -2.0)] {
            c.group(&format!(r#"transform="translate(-60 {y}) rotate({turn})""#), |c| {
                let barrel = c.gradient(
                    (0.0, 0.0, 0.0, 1.0),
                    &[(0.0, colour.light(0.4), 1.0), (0.5, colour, 1.0), (1.0, colour.dark(0.4), 1.0)],
                );
                c.rect((-170.0, -11.0, 290.0, 22.0), 9.0, barrel);
                c.path("M120-10L166-2V2L120 10Z", l.metal.dark(0.1));
                c.rect((-96.0, -11.0, 9.0, 22.0), 0.0, l.metal.light(0.3));
            });
        }
        for (x, y) in [(196.0, -16.0), (226.0, 12.0), (204.0, 26.0)] {
            c.line(&format!("M{x} {y}h22a5 5 0 0 1 0 10h-26a8 8 0 0 1 0-16h28"), l.metal.light(0.25), 2.6);
        }
    });
}

pub(super) fn desk_mat(c: &mut Canvas, l: &Look) {
    let area = (-290.0 * l.wide, -500.0 * l.tall, 580.0 * l.wide, 380.0 * l.tall);
    c.group(r#"transform="translate(6 9)" opacity="0.35""#, |c| c.rect(area, 22.0, Colour::INK));
    let fill = c.flat(l.colour);
    c.rect(area, 22.0, fill);
    let inner = boxed((area.0 + 14.0, area.1 + 14.0, area.2 - 28.0, area.3 - 28.0));
    decorate(c, &inner, area, l, 0.0);
    c.line(&inner, l.colour.light(0.35), 2.2);
    c.group(r#"transform="translate(150 -250) scale(0.42)""#, |c| {
        notebook(c, &Look { colour: l.accent, accent: l.colour, pattern: Pattern::Plain, wide: 1.0, tall: 1.0, ..*l })
    });
    let pencil = c.flat(l.wood);
    c.group(r#"transform="translate(-120 -330) rotate(-24)""#, |c| {
        c.rect((-110.0, -7.0, 200.0, 14.0), 3.0, pencil);
        c.path("M90-7L118 0L90 7Z", Colour(236, 218, 186));
        c.path("M108-3L118 0L108 3Z", Colour::INK);
    });
}

pub(super) fn bookends(c: &mut Canvas, l: &Look) {
    let books = [
        (46.0, 300.0, l.accent),
        (34.0, 270.0, l.accent.light(0.45)),
        (54.0, 320.0, l.colour.dark(0.35)),
        (30.0, 250.0, l.wood),
        (42.0, 286.0, l.accent.dark(0.3)),
        (38.0, 262.0, Colour(222, 208, 180)),
    ];
    let mut x = -124.0;
    for (w, h, colour) in books {
        let spine = c.gradient(
            (0.0, 0.0, 1.0, 0.0),
            &[(0.0, colour.dark(0.2), 1.0), (0.3, colour.light(0.16), 1.0), (1.0, colour.dark(0.24), 1.0)],
        );
        c.rect((x, -h, w, h), 4.0, spine);
        c.rect((x, -h * 0.86, w, 5.0), 0.0, colour.light(0.5));
        c.rect((x, -h * 0.2, w, 5.0), 0.0, colour.light(0.5));
        x += w + 1.5;
    }
    // An arch cut in stone on either side.
    for (left, flip) in [(-128.0, -1.0), (124.0, 1.0)] {
        c.group(&format!(r#"transform="translate({left} 0) scale({flip} 1)""#), |c| {
            let stone = c.flat(l.colour);
            let d = "M0 0V-190H40A110 150 0 0 1 150-40V0H112V-30A70 96 0 0 0 42-126V0Z";
            c.path(d, stone);
            decorate(c, d, (0.0, -190.0, 150.0, 190.0), l, 0.0);
        });
    }
}

pub(super) fn tray_stack(c: &mut Canvas, l: &Look) {
    for y in [0.0, -120.0, -240.0] {
        let back = c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, l.colour.dark(0.3), 1.0), (1.0, l.colour.dark(0.08), 1.0)]);
        c.path(&format!("M-214 {}L-190 {}H190L214 {}Z", y - 16.0, y - 62.0, y - 16.0), back);
        for i in 0..3 {
            let top = y - 24.0 - i as f32 * 7.0;
            c.path(
                &format!("M-180 {top}L-166 {}H164L176 {top}Z", top - 24.0),
                if i % 2 == 0 { Colour(246, 240, 226) } else { Colour(226, 216, 196) },
            );
        }
        let lip = c.flat(l.colour);
        let d = format!(
            "M-220 {}H-70Q-60 {} -46 {}H46Q60 {} 70 {}H220V{y}H-220Z",
            y - 52.0,
            y - 22.0,
            y - 22.0,
            y - 22.0,
            y - 52.0
        );
        c.path(&d, lip);
        decorate(c, &d, (-220.0, y - 52.0, 440.0, 52.0), l, 0.0);
        if y > -240.0 {
            for x in [-204.0, 188.0] {
                c.rect((x, y - 104.0, 16.0, 56.0), 3.0, l.wood.dark(0.1));
            }
        }
    }
}

pub(super) fn clock(c: &mut Canvas, l: &Look) {
    let r = 210.0 * l.wide;
    c.group(&format!(r#"transform="translate(0 {})""#, -r - 130.0), |c| {
        let rim = c.gradient(
            (0.0, 0.0, 1.0, 1.0),
            &[(0.0, l.wood.light(0.3), 1.0), (0.5, l.wood, 1.0), (1.0, l.wood.dark(0.35), 1.0)],
        );
        c.ellipse(0.0, 0.0, r, r, rim);
        c.ellipse(0.0, 0.0, r - 20.0, r - 20.0, l.wood.dark(0.5));
        let face = c.flat(l.colour);
        c.ellipse(2.0, 3.0, r - 23.0, r - 23.0, face);
        for hour in 0..12 {
            let (inner, wide) = if hour % 3 == 0 { (r - 74.0, 8.0) } else { (r - 58.0, 4.0) };
            c.group(&format!(r#"transform="rotate({})""#, hour * 30), |c| {
                c.line(&format!("M0 {}V{}", -inner, -(r - 40.0)), l.accent, wide)
            });
        }
        c.group(r#"transform="rotate(-52)""#, |c| c.line(&format!("M0 20V{}", -r * 0.46), l.accent.dark(0.2), 11.0));
        c.group(r#"transform="rotate(58)""#, |c| c.line(&format!("M0 28V{}", -r * 0.68), l.accent.dark(0.2), 7.0));
        let pin = c.metal(l.metal);
        c.ellipse(0.0, 0.0, 13.0, 13.0, pin);
    });
}

pub(super) fn mirror(c: &mut Canvas, l: &Look) {
    let (w, t) = (l.wide, l.tall);
    let arch = |inset: f32| {
        let (r, foot, spring) = (190.0 * w - inset, -20.0 - inset, -370.0 * t);
        format!("M{} {foot}V{spring}A{r} {r} 0 0 1 {r} {spring}V{foot}Z", -r)
    };
    let frame = c.gradient(
        (0.0, 0.0, 1.0, 1.0),
        &[(0.0, l.wood.light(0.35), 1.0), (0.5, l.wood, 1.0), (1.0, l.wood.dark(0.35), 1.0)],
    );
    c.path(&arch(0.0), frame);
    c.path(&arch(17.0), l.wood.dark(0.45));
    let glass = c.gradient(
        (0.0, 0.0, 1.0, 1.0),
        &[(0.0, Colour(236, 238, 236), 1.0), (0.5, Colour(206, 214, 214), 1.0), (1.0, Colour(172, 182, 184), 1.0)],
    );
    c.path(&arch(21.0), glass);
    c.clip(&arch(21.0), |c| {
        c.group(r#"opacity="0.4""#, |c| {
            c.path("M-260-60L60-640H150L-170-60Z", Colour::WHITE);
            c.path("M-90-60L230-640H260L-60-60Z", Colour::WHITE);
        });
        // What the room across holds: an arch and its light.
        c.group(r#"opacity="0.55""#, |c| c.path("M40-20V-220A70 70 0 0 1 180-220V-20Z", Colour(222, 206, 178)));
    });
}

pub(super) fn hooks(c: &mut Canvas, l: &Look) {
    wood(c, &boxed((-280.0, -330.0, 560.0, 96.0)), (-280.0, -330.0, 560.0, 96.0), l.wood, true);
    for (i, x) in [-210.0, -70.0, 70.0, 210.0].into_iter().enumerate() {
        let plate = c.metal(l.metal);
        c.rect((x - 15.0, -318.0, 30.0, 70.0), 13.0, &plate);
        let d = format!("M{x} -290C{a} -270 {a} -190 {x} -190C{b} -190 {b} -220 {b} -236", a = x + 8.0, b = x + 40.0);
        c.line(&d, l.metal.dark(0.35), 13.0);
        c.group(r#"transform="translate(-2 -2)""#, |c| c.line(&d, l.metal.light(0.35), 6.0));
        if i == 1 {
            c.group(&format!(r#"transform="translate({} 168) scale(0.62)""#, x + 14.0), |c| {
                super::textiles::tea_towel(c, &Look { wide: 0.8, tall: 1.0, ..*l });
            });
        }
    }
}
