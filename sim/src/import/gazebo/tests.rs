use super::*;
use crate::{Obstacle, Shape};

const WORLD: &str = "<sdf version='1.6'><world name='default'>
<model name='ground_plane'><static>1</static><link name='l'><collision name='c'>
<geometry><plane><normal>0 0 1</normal></plane></geometry></collision></link></model>
<model name='unit_cylinder_0'><pose>1 2 0.5 0 0 0</pose>
<link name='link'><pose>0.5 0 0 0 0 0</pose><collision name='c'>
<geometry><cylinder><radius>0.075</radius><length>1</length></cylinder></geometry></collision></link></model>
<model name='wall'><pose>0 0 1 0 0 1.5707963267948966</pose><link name='link'><collision name='c'>
<pose>1 0 0 0 0 0</pose><geometry><box><size>4 0.2 2</size></box></geometry></collision></link></model>
<state world_name='default'><model name='unit_cylinder_0'><pose>3 4 0.5 0 0 0</pose></model></state>
</world></sdf>";

#[test]
fn poses_add_up_and_the_state_wins() {
    let world = read_gazebo_world(WORLD).unwrap();
    let [post, wall] = world.obstacles() else {
        panic!("two obstacles expected")
    };
    let Shape::Circle { centre, radius_m } = post.shape else {
        panic!("a circle expected")
    };
    assert_eq!((centre, radius_m), (Point2::new(3.5, 4.0), 0.075));
    assert_eq!((post.z_min_m, post.z_max_m), (0.0, 1.0));
    // the box lies 1 m along the rotated model's x, which is the world's y, and is rotated
    assert!(wall.shape.signed_distance_m(Point2::new(0.0, 2.9)) < 0.0);
    assert!(wall.shape.signed_distance_m(Point2::new(0.0, 3.1)) > 0.0);
    assert!(wall.shape.signed_distance_m(Point2::new(0.15, 1.0)) > 0.0);
}

#[test]
fn errors_name_the_line() {
    let message = |good: &str, bad: &str| {
        read_gazebo_world(&WORLD.replace(good, bad))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message("<radius>0.075</radius>", "<radius>x</radius>"),
        "line 6: <radius> in model \"unit_cylinder_0\" is x: expected a length above 0, up to 20000 m"
    );
    assert_eq!(
        message("<length>1</length>", ""),
        "line 6: <length> in model \"unit_cylinder_0\" is missing: expected a length above 0, up to 20000 m"
    );
    assert_eq!(
        message("4 0.2 2", "4 0.2"),
        "line 8: <size> in model \"wall\" is 4 0.2: expected three lengths above 0, up to 20000 m"
    );
    assert!(message("3 4 0.5 0 0 0", "3 4 NaN 0 0 0").contains("<pose>"));
    assert!(message("3 4 0.5 0 0 0", "3 4 0 1 0 0").contains("without roll and pitch"));
    assert!(message("<plane><normal>0 0 1</normal></plane>", "<mesh/>").contains("<mesh>"));
    assert_eq!(
        read_gazebo_world("<sdf/>").unwrap_err().to_string(),
        "no <world> element"
    );
}

#[test]
fn lengths_and_positions_out_of_bounds_are_rejected() {
    for (good, bad) in [
        ("4 0.2 2", "1e300 0.2 2"),
        ("0.075", "1e300"),
        ("3 4 0.5 0 0 0", "1e300 4 0.5 0 0 0"),
    ] {
        let message = read_gazebo_world(&WORLD.replace(good, bad))
            .unwrap_err()
            .to_string();
        assert!(message.contains(bad), "{message}");
    }
}

#[test]
fn deep_nesting_ends_in_bounded_time() {
    let deep = format!("<sdf>{}", "<world>".repeat(100_000));
    assert!(read_gazebo_world(&deep).is_err());
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for end in 0..WORLD.len() {
        assert!(read_gazebo_world(&WORLD[..end]).is_err(), "cut at {end}");
    }
}

/// Reads a world with one post: centre of its outline, heights and notes.
fn post(world: &str) -> Result<(Point2, [f64; 2], Vec<String>), GazeboError> {
    let text = format!("<sdf version='1.8'><world name='w'>{world}</world></sdf>");
    let read = GazeboWorld::read(&text, &mut |uri| {
        let inner = "<pose>0 0 0.5 0 0 0</pose><link name='l'><collision name='c'><geometry><cylinder>\
                     <radius>0.5</radius><length>1</length></cylinder></geometry></collision></link>";
        match uri {
            "model://post" => Some(format!("<sdf><model name='post'>{inner}</model></sdf>")),
            "model://again" => Some(
                "<sdf><model name='a'><include><uri>model://again</uri></include></model></sdf>"
                    .to_owned(),
            ),
            "model://twice" => Some(
                "<sdf><model name='a'><include><uri>model://twice</uri></include>\
                 <include><uri>model://twice</uri></include></model></sdf>"
                    .to_owned(),
            ),
            _ => None,
        }
    })?;
    let [post] = read.world.obstacles() else {
        panic!("one obstacle expected: {:?}", read.world.obstacles())
    };
    let Shape::Circle { centre, .. } = post.shape else {
        panic!("a circle expected")
    };
    Ok((centre, [post.z_min_m, post.z_max_m], read.notes))
}

const LINK: &str = "<link name='l'><collision name='c'><geometry><cylinder><radius>0.5</radius>\
                    <length>1</length></cylinder></geometry></collision></link>";

#[test]
fn frames_units_and_included_models_determine_the_pose_of_a_post() {
    for world in [
        format!("<model name='m'><pose>1 2 0.5 0 0 0</pose>{LINK}</model>"),
        format!("<model name='m'><pose/><model name='n'><pose>1 2 0.5 0 0 0</pose>{LINK}</model></model>"),
        format!(
            "<frame name='f'><pose>1 2 0 0 0 0</pose></frame>\
             <model name='m'><pose relative_to='f'>0 0 0.5 0 0 0</pose>{LINK}</model>"
        ),
        format!(
            "<frame name='g' attached_to='f'><pose>1 0 0 0 0 0</pose></frame>\
             <frame name='f'><pose degrees='true'>1 1 0 0 0 90</pose></frame>\
             <model name='m'><pose relative_to='g'>0 0 0.5 0 0 0</pose>{LINK}</model>"
        ),
        format!(
            "<model name='m'><pose rotation_format='quat_xyzw'>1 2 0.5 0 0 0.6 0.8</pose>{LINK}</model>"
        ),
        format!(
            "<model name='o'><pose>1 0 0 0 0 1.5707963267948966</pose>\
             <model name='m'><pose>2 0 0.5 0 0 0</pose>{LINK}</model></model>"
        ),
        "<include><uri>model://post</uri><pose>1 2 0.5 0 0 0</pose></include>".to_owned(),
        "<model name='o'><pose>1 2 0 0 0 0</pose><include><uri>model://post</uri></include></model>"
            .to_owned(),
        "<include><uri>model://sun</uri></include><include><uri>model://ground_plane</uri></include>\
         <include><uri>model://post</uri><name>p</name></include>\
         <state><model name='p'><pose>1 2 0.5 0 0 0</pose></model></state>"
            .to_owned(),
        format!(
            "<model name='m'><pose>7 7 0.5 0 0 0</pose>{LINK}</model>\
             <state><deletions><name>m</name></deletions><insertions>\
             <model name='n'><pose>1 2 0.5 0 0 0</pose>{LINK}</model></insertions></state>"
        ),
        format!("<model name='m'><pose>1 2 0.5 3.14159265358979 0 0</pose>{LINK}</model>"),
    ] {
        let (centre, heights, notes) = post(&world).unwrap_or_else(|error| panic!("{world}: {error}"));
        assert!((centre - Point2::new(1.0, 2.0)).norm() < 1e-9, "{world}: {centre}");
        assert!((heights[0]).abs() < 1e-9 && (heights[1] - 1.0).abs() < 1e-9, "{world}");
        assert!(notes.is_empty(), "{world}: {notes:?}");
    }
}

#[test]
fn unsupported_content_is_noted() {
    let model = format!("<model name='m'><pose>1 2 0.5 0 0 0</pose>{LINK}");
    let above = model.replace("2 0.5", "2 5");
    for (world, expected) in [
        (
            format!("{model}<plugin name='p' filename='move.so'/></model>"),
            "move.so",
        ),
        (
            format!("{model}</model><actor name='walker'/>"),
            "<actor> \"walker\"",
        ),
        (format!("{above}</model>"), "above robots, from 4.50 m"),
        (
            format!("{}</model>", model.replace("2 0.5", "2 -2")),
            "below the ground",
        ),
    ] {
        let (.., notes) = post(&world).unwrap();
        assert!(
            notes.len() == 1 && notes[0].contains(expected),
            "{world}: {notes:?}"
        );
    }
    let empty = "<sdf><world name='w'/></sdf>";
    let read = GazeboWorld::read(empty, &mut |_| None).unwrap();
    assert_eq!(
        read.notes,
        ["the world has no obstacle: no model of it has a <collision>"]
    );
    let two = WORLD.replace("</world>", "</world>\n<world name='other'/>");
    let read = GazeboWorld::read(&two, &mut |_| None).unwrap();
    let left_out = "line 11: <world> \"other\" is left out: the first world of a file is read";
    assert_eq!(read.notes, [left_out]);
}

#[test]
fn every_obstacle_has_the_name_of_its_model() {
    let link = |x: f64| {
        format!(
            "<link name='l'><collision name='c'><pose>{x} 0 0.5 0 0 0</pose><geometry><box>\
             <size>1 1 1</size></box></geometry></collision></link>"
        )
    };
    let inner = format!("<model name='inner'>{}</model>", link(4.0));
    let outer = format!(
        "<model name='outer'>{}{inner}{}</model>",
        link(0.0),
        link(8.0)
    );
    let last = format!("<model name='last'>{}</model>", link(12.0));
    let text = format!("<sdf><world name='w'>{outer}<model name='none'/>{last}</world></sdf>");
    let read = GazeboWorld::read(&text, &mut |_| None).unwrap();
    let x_m = |name: &str| -> Vec<f64> {
        let obstacles = read.world.obstacles().iter().zip(&read.models);
        let named = obstacles.filter(|(_, model)| *model == name);
        let nearest = |obstacle: &Obstacle| {
            let distance = |x: &f64| obstacle.shape.signed_distance_m(Point2::new(*x, 0.0));
            let middles = [0.0, 4.0, 8.0, 12.0].into_iter();
            middles.min_by(|a, b| distance(a).total_cmp(&distance(b)))
        };
        named
            .filter_map(|(obstacle, _)| nearest(obstacle))
            .collect()
    };
    assert_eq!(read.models.len(), 4);
    assert_eq!(x_m("inner"), [4.0]);
    assert_eq!(x_m("last"), [12.0]);
    // boxes of a model before and after a nested one
    assert_eq!(x_m("outer"), [0.0, 8.0]);
}

#[test]
fn unreadable_content_is_rejected_by_name_and_line() {
    let model = |inner: &str| format!("<model name='m'>{inner}</model>");
    let collision = |shape: &str| {
        model(&format!(
            "<link name='l'><collision name='c'><geometry>{shape}</geometry></collision></link>"
        ))
    };
    for (world, expected) in [
        ("<include>\n<uri>model://house</uri></include>".to_owned(), "line 1: <include> in model \"model://house\""),
        (model("<include><uri>model://house</uri></include>"), "which was not found: expected a model.sdf"),
        ("<include><uri>model://again</uri></include>".to_owned(), "16 deep"),
        ("<include><uri>model://twice</uri></include>".to_owned(), "16 deep"),
        ("\n<population name='p'/>".to_owned(), "line 2: <world> in model \"p\" is <population>"),
        (model("<pose relative_to='nowhere'>0 0 0 0 0 0</pose>"), "relative to \"nowhere\""),
        (
            "<frame name='a'><pose relative_to='b'/></frame><frame name='b'><pose relative_to='a'/></frame>\
             <model name='m'><pose relative_to='a'/></model>"
                .to_owned(),
            "of which none is relative to itself",
        ),
        (collision("<mesh/>"), "<mesh>"),
        (collision("<heightmap/>"), "<heightmap>"),
        (collision("<plane><normal>1 0 0</normal></plane>"), "<normal> in model \"m\" is 1.000 0.000 0.000"),
        (
            format!("<model name='m'>{LINK}</model><state><model name='m'><pose/><scale>2 3 1</scale></model></state>"),
            "scaled alike",
        ),
    ] {
        let error = post(&world).unwrap_err().to_string();
        assert!(error.contains(expected), "{world}: {error}");
    }
}

#[test]
fn turned_shapes_keep_their_outline() {
    let obstacle = |pose: &str, shape: &str| {
        let text = format!(
            "<sdf><model name='m'><pose>{pose}</pose><link name='l'><collision name='c'><geometry>{shape}\
             </geometry></collision></link></model></sdf>"
        );
        let world = read_gazebo_world(&text).unwrap();
        world.obstacles()[0].clone()
    };
    let turn = "1.5707963267948966";
    // a box of 1 x 2 x 3 m rolled onto its side is 1 x 3 m and 2 m high
    let rolled = obstacle(
        &format!("0 0 1 {turn} 0 0"),
        "<box><size>1 2 3</size></box>",
    );
    assert!((rolled.z_max_m - 2.0).abs() < 1e-9 && rolled.z_min_m.abs() < 1e-9);
    assert!(rolled.shape.signed_distance_m(Point2::new(0.49, 1.49)) < 0.0);
    assert!(rolled.shape.signed_distance_m(Point2::new(0.51, 0.0)) > 0.0);
    let lying = obstacle(
        &format!("0 0 0.5 0 {turn} 0"),
        "<cylinder><radius>0.5</radius><length>4</length></cylinder>",
    );
    assert!((lying.z_max_m - 1.0).abs() < 1e-9);
    assert!(lying.shape.signed_distance_m(Point2::new(1.99, 0.0)) < 0.0);
    assert!(lying.shape.signed_distance_m(Point2::new(0.0, 0.51)) > 0.0);
    let ball = obstacle("0 0 0 1 2 3", "<sphere><radius>0.5</radius></sphere>");
    assert_eq!((ball.z_min_m, ball.z_max_m), (-0.5, 0.5));
}
