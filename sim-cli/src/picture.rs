//! Pictures as files: SVG as it is, PNG by resvg with a font that the program brings along, so that a picture looks the same
//! on every machine.

use crate::args::{PictureArgs, ThemeName};
use crate::failure::Failure;
use crate::{files, output};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, Options, Tree};
use sim_core::report::figure::svg::{Look, Theme};
use std::path::Path;
use std::sync::Arc;

/// Dots to a pixel of a PNG.
const DOTS: f32 = 2.0;
/// Dots of a PNG, at most.
const DOTS_MAX: f32 = 100e6;

enum Kind {
    Svg,
    Png,
}

impl PictureArgs {
    pub(crate) fn look(&self) -> Look {
        let theme = match self.theme {
            ThemeName::Light => Theme::Light,
            ThemeName::Dark => Theme::Dark,
        };
        Look { width: self.width, theme, titled: true }
    }

    /// Whether the name says that it is a picture.
    pub(crate) fn is_picture(&self) -> bool {
        self.out.as_deref().is_some_and(|path| kind(path).is_ok())
    }

    /// Refuses what cannot be written, before anything is simulated.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        check(self.out.as_deref())
    }

    /// Writes a picture.
    pub(crate) fn write(&self, svg: &str) -> Result<(), Failure> {
        match &self.out {
            Some(path) => write(path, svg),
            None => output::print(svg),
        }
    }
}

/// Refuses a name that says no kind of picture.
pub(crate) fn check(path: Option<&Path>) -> Result<(), Failure> {
    path.map_or(Ok(()), |path| kind(path).map(|_| ()))
}

/// Writes a picture as its name says.
pub(crate) fn write(path: &Path, svg: &str) -> Result<(), Failure> {
    match kind(path)? {
        Kind::Svg => files::write(path, svg),
        Kind::Png => files::write(path, png(svg)?),
    }
}

fn kind(path: &Path) -> Result<Kind, Failure> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("svg") => Ok(Kind::Svg),
        Some("png") => Ok(Kind::Png),
        _ => {
            let path = path.display();
            Err(Failure::Usage(format!("{path}: a picture's name ends in .svg or .png")))
        }
    }
}

/// An SVG as PNG.
fn png(svg: &str) -> Result<Vec<u8>, Failure> {
    let failed = |what: &str| Failure::Io(format!("the picture cannot be drawn: {what}"));
    let mut fonts = usvg::fontdb::Database::new();
    for font in [dejavu::sans::regular(), dejavu::sans::bold()] {
        fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(font)));
    }
    fonts.set_sans_serif_family("DejaVu Sans");
    let options = Options {
        font_family: "DejaVu Sans".into(),
        fontdb: Arc::new(fonts),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(&error.to_string()))?;
    let size = tree.size();
    let (width, height) = (size.width() * DOTS, size.height() * DOTS);
    if width * height > DOTS_MAX {
        return Err(failed("it is too large for a PNG; SVG has no limit"));
    }
    let mut dots =
        Pixmap::new(width.ceil() as u32, height.ceil() as u32).ok_or_else(|| failed("no size"))?;
    resvg::render(&tree, Transform::from_scale(DOTS, DOTS), &mut dots.as_mut());
    dots.encode_png().map_err(|error| failed(&error.to_string()))
}
