//! Which words of a title name the thing, and which only say what it belongs to: a camera case is a case.

use crate::analysis::Stems;
use std::collections::HashSet;
use tantivy::tokenizer::Token;

/// What is sold for other things, and so turns the words before it into their names.
const ACCESSORIES: &str = "accessory adapter arm bag band base battery blade bracket brush bulb cable cap carrier charger \
    cleaner clip cord cover case cradle dock drum extender film filter foot frame fuser handle hanger hinge holder holster \
    hook housing inlay insert keyboard lamp lead lens lid lock mat mount mounting pad part pedal plate plug pole pouch \
    protector rack rail refill remote replacement roller screen shade shelf skin sleeve spare stand strap stylus tip tray \
    warranty \
    壳 套 膜 垫 罩 架 盖 线 袋 包 支架 保护壳 保护套 手机壳 手机套 手机膜 手机支架 钢化膜 贴膜 数据线 充电线 充电器 充电头 \
    电池 配件 滤芯 滤网 硒鼓 墨盒 碳粉 灯泡 灯罩 鼠标垫 键盘膜 相机包 镜头盖 表带 笔芯 枕套 被套 沙发套 沙发垫 脚垫 坐垫 \
    刷头 刀头 挂钩 底座 遥控器";
/// After these stands what it is for.
const FOR: [&str; 4] = ["for", "compatible", "适用", "适用于"];
/// How many words after `for` still belong to it.
const FOR_REACHES: usize = 6;

pub(super) struct Subjects {
    accessories: HashSet<String>,
}

impl Subjects {
    pub(super) fn new() -> Self {
        let mut stems = Stems::new("en");
        Self { accessories: ACCESSORIES.split_whitespace().map(|word| stems.stem(word)).collect() }
    }

    /// Terms that name the thing.
    pub(super) fn of<'a>(&self, title: &'a [Token]) -> Vec<&'a str> {
        let at = |token: &Token| self.accessories.contains(&token.text);
        let accessories: Vec<(usize, usize)> =
            title.iter().filter(|token| at(token)).map(|token| (token.position, token.position_length)).collect();
        let fors: Vec<usize> =
            title.iter().filter(|token| FOR.contains(&token.text.as_str())).map(|token| token.position).collect();
        let names = |token: &&Token| {
            let (from, to) = (token.position, token.position + token.position_length);
            let before_one = accessories.iter().any(|(start, _)| *start == to || *start == to + 1);
            let inside_one =
                accessories.iter().any(|(start, length)| *start <= from && to <= start + length && to - from < *length);
            let after_for = fors.iter().any(|start| (start + 1..=start + FOR_REACHES).contains(&from));
            !(before_one || inside_one && !at(token) || after_for)
        };
        title.iter().filter(names).map(|token| token.text.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis;

    #[test]
    fn a_camera_case_is_a_case() {
        for (title, named, not_named) in [
            ("HyperX FURY Gaming mouse pad", "pad", "mous"),
            ("Sony projector lamp UHP", "lamp", "projector"),
            ("Brother Drum for Laser Printer", "drum", "printer"),
            ("HP LaserJet printer 1200 DPI", "printer", "case"),
            ("华为手机壳 黑色", "手机壳", "手机"),
            ("华为手机 黑色", "手机", "手机壳"),
        ] {
            let tokens = analysis::terms(title, &mut Stems::new("en"), 0);
            let subject = Subjects::new().of(&tokens).into_iter().map(str::to_string).collect::<Vec<_>>();
            assert!(subject.iter().any(|term| term == named), "{title}: {subject:?}");
            assert!(!subject.iter().any(|term| term == not_named), "{title}: {subject:?}");
        }
    }
}
